// What a name from the wire must look like before it enters a route table. Topics are not held to the rules of new topics: brokers of every
// version register what they have.

/** Longest name of a topic, broker, cluster or address. Retry topics of the longest group stay below. */
export const NAME_LIMIT_CHARS = 512;

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const ADDRESS = /^[^\s/,;"']{1,255}:\d{1,5}$/;

/** The name may be a key of a table. */
export function isUsableName(name: string): boolean {
  return name !== '' && name.length <= NAME_LIMIT_CHARS && !CONTROL.test(name);
}

/** `host:port`. */
export function isUsableAddress(address: string): boolean {
  return ADDRESS.test(address) && !CONTROL.test(address) && Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535;
}
