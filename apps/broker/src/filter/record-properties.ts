// The properties of one record, read where they lie and only as far as they are asked for. One object serves any number of records.
// Must never keep bytes between records.
import { RecordView } from 'rocketmq-core/message';
import type { SqlProperties } from 'rocketmq-core/filter';

const NAME_END = '\u0001';
const VALUE_END = '\u0002';

export class RecordProperties implements SqlProperties {
  private readonly record = new RecordView();
  private text = '';

  /** False: these bytes are no record. */
  read(bytes: Uint8Array, start: number, length: number): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { record } = this;
    if (record.read(view, start, start + length) !== undefined) return false;
    const from = bytes.byteOffset + record.propertiesStart;
    // A value end before the first name makes every name be preceded by one.
    this.text = VALUE_END + Buffer.from(bytes.buffer, from, record.propertiesLength).toString('utf8');
    return true;
  }

  /** As decodeProperties: of two equal names the later wins, an empty value is none. */
  get(name: string): string | undefined {
    const { text } = this;
    const wanted = VALUE_END + name + NAME_END;
    for (let at = text.lastIndexOf(wanted); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(wanted, at - 1)) {
      const start = at + wanted.length;
      const end = text.indexOf(VALUE_END, start);
      const value = end < 0 ? text.slice(start) : text.slice(start, end);
      if (value !== '') return value;
    }
    return undefined;
  }
}
