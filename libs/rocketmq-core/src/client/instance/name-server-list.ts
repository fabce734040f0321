// The name servers a client knows. Stays with the one that answered last and moves on when it fails; must never ask two at once.
import { type Random } from '../../common/index.js';
import { ConnectError, NoNameServerError } from '../../errors/index.js';
import { splitAddress } from '../../remoting/index.js';
import { isTransportError } from '../transport-errors.js';

/** `a:9876;b:9876` as a list; throws NoNameServerError when there is none or one is no `host:port`. */
export function parseNameServers(text: string | undefined): string[] {
  const addresses = (text ?? '')
    .split(/[;,]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (addresses.length === 0) throw new NoNameServerError();
  for (const address of addresses) {
    try {
      splitAddress(address);
    } catch (error) {
      if (error instanceof ConnectError) throw new NoNameServerError(`name server address ${JSON.stringify(address)} is no host:port`);
      throw error;
    }
  }
  return [...new Set(addresses)];
}

export class NameServerList {
  readonly addresses: readonly string[];
  private current: number;

  constructor(addresses: readonly string[], random: Random) {
    if (addresses.length === 0) throw new NoNameServerError();
    this.addresses = addresses;
    this.current = random.int(addresses.length);
  }

  /** Asks the current one, then each other one once; rejects with the last transport failure, or at once with any other error. */
  async ask<T>(call: (address: string) => Promise<T>): Promise<T> {
    const first = this.current;
    let failure: unknown;
    for (let i = 0; i < this.addresses.length; i++) {
      const index = (first + i) % this.addresses.length;
      try {
        const answer = await call(this.addresses[index]!);
        this.current = index;
        return answer;
      } catch (error) {
        if (!isTransportError(error)) throw error;
        failure = error;
        this.current = (index + 1) % this.addresses.length;
      }
    }
    throw failure;
  }
}
