// Which of this machine's addresses a broker tells its clients when it was not told [java RemotingUtil#getLocalAddress]. Pure.

export interface LocalInterface {
  address: string;
  family: string;
  internal: boolean;
}

/** The first IPv4 outside 127.0 and 192.168, then one of 192.168, then an IPv6 one, then loopback. */
export function chooseLocalAddress(interfaces: readonly LocalInterface[]): string {
  const external = interfaces.filter((one) => !one.internal);
  const v4 = external.filter((one) => one.family === 'IPv4').map((one) => one.address);
  const v6 = external.filter((one) => one.family === 'IPv6' && !one.address.startsWith('fe80')).map((one) => one.address);
  return v4.find((address) => !address.startsWith('127.0') && !address.startsWith('192.168')) ?? v4.at(-1) ?? v6[0] ?? '127.0.0.1';
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

export function isAnyAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
