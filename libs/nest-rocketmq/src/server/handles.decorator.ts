// The @Handles decorator: ties a method to the request row it answers and checks the method against the row at compile time.
// Must never look at requests, servers or instances; the processor explorer reads what is recorded here.
import type { RequestRow } from 'rocketmq-core/protocol';
import type { Handler } from 'rocketmq-core/remoting';

/** Where a prototype keeps its handler list. A global symbol: two copies of this library still understand each other. */
export const HANDLES_METADATA = Symbol.for('nest-rocketmq:handles');

export interface HandlesEntry {
  readonly row: RequestRow;
  readonly methodName: string;
}

type WithHandles = { [HANDLES_METADATA]?: HandlesEntry[] };

/**
 * Marks a method of a provider as the handler of `row`. Stack it to serve several rows with one method.
 * The method gets `(request: ServedRequest<typeof ROW>, hold)` and returns a `Reply<typeof ROW>`, `Held`, or a promise of one.
 */
export function Handles<R extends RequestRow>(row: R) {
  return function record<T extends Handler<R>>(prototype: object, methodName: string, _descriptor: TypedPropertyDescriptor<T>): void {
    const target = prototype as WithHandles;
    if (!Object.hasOwn(target, HANDLES_METADATA)) {
      Object.defineProperty(target, HANDLES_METADATA, { value: [...(target[HANDLES_METADATA] ?? [])], enumerable: false });
    }
    target[HANDLES_METADATA]!.push({ row, methodName });
  };
}

/** The rows a class says it handles, inherited ones included. Reads the prototype only: no getter or instance is touched. */
export function handlesOf(prototype: object | null | undefined): readonly HandlesEntry[] {
  return (prototype as WithHandles | null | undefined)?.[HANDLES_METADATA] ?? [];
}
