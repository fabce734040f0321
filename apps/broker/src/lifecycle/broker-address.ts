// The address of this broker once it listens: what records, ids and registrations carry. Must never be read before the ports are known.
import { encodeHost } from 'rocketmq-core/message';

export interface ListenAddress {
  host: string;
  port: number;
}

export class BrokerAddress {
  private main: ListenAddress | undefined;
  private fastPort = 0;
  private hostBytes: Uint8Array = new Uint8Array(8);

  constructor(
    /** brokerIP1: the address clients are told. */
    private readonly publicHost: string,
  ) {}

  listening(main: ListenAddress, fastPort: number): void {
    this.main = main;
    this.fastPort = fastPort;
    this.hostBytes = encodeHost(this.brokerAddr);
  }

  /** `host:port` as registered with name servers. */
  get brokerAddr(): string {
    return this.publicHost.includes(':') ? `[${this.publicHost}]:${this.port}` : `${this.publicHost}:${this.port}`;
  }

  get port(): number {
    if (this.main === undefined) throw new Error('the broker does not listen yet');
    return this.main.port;
  }

  get vipPort(): number {
    return this.fastPort;
  }

  get bindHost(): string {
    return this.main?.host ?? '';
  }

  /** Address and port as bytes, as written into records and ids. */
  get storeHost(): Uint8Array {
    return this.hostBytes;
  }
}
