// Reads `host:port;host:port`. Must never resolve or contact anything.

const ADDRESS = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:;[\]]+):(\d{1,5})$/;

/** The addresses in order; throws with the first one that is none. */
export function parseNameServer(text: string): string[] {
  const addresses = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (addresses.length === 0) throw new Error('no address in it');
  for (const address of addresses) {
    const port = Number(ADDRESS.exec(address)?.[1]);
    if (!(port >= 1 && port <= 65_535)) throw new Error(`"${address}" is no host:port`);
  }
  return addresses;
}
