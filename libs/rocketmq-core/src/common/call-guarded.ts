// Calls what an application gave and nobody waits for: hooks, callbacks, listeners of events.
// Must never let a throw, or a rejection of an asynchronous one, get out: the second would end the process.

/** `failed` is told what was thrown, now or later. */
export function callGuarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const given = call();
    if (isThenable(given)) void Promise.resolve(given).catch(failed);
  } catch (error) {
    failed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
