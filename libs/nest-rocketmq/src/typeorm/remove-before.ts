// Removes old rows in one bounded step, without what only some databases know (DELETE with LIMIT). Must never scan a table without its index.
import { type DataSource, type EntitySchema, In, LessThan, type ObjectLiteral } from 'typeorm';

/** Keys of one statement: databases limit its parameters. */
const CHUNK = 500;

export async function removeBefore<Row extends ObjectLiteral & { createdAt: number | string }>(
  dataSource: DataSource,
  entity: EntitySchema<Row>,
  key: keyof Row & string,
  time: number,
  limit: number,
): Promise<number> {
  const repository = dataSource.getRepository<ObjectLiteral>(entity);
  const old = await repository.find({
    select: { [key]: true },
    where: { createdAt: LessThan(time) },
    order: { createdAt: 'ASC' },
    take: limit,
  });
  const keys = old.map((row) => row[key] as string);
  for (let at = 0; at < keys.length; at += CHUNK) await repository.delete({ [key]: In(keys.slice(at, at + CHUNK)) });
  return keys.length;
}
