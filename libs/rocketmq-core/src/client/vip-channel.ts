// Requests over the broker's second port, listenPort - 2, which its heavy traffic of pulls does not use [java MixAll#brokerVIPChannel].
// Must never send there what is not served there: pulls, nor what a broker ties to the connection, the heartbeats.
import { HEART_BEAT, LITE_PULL_MESSAGE, PULL_MESSAGE, type RequestHeader, type RequestRow, UNREGISTER_CLIENT } from '../protocol/index.js';
import type { Handler, InvokeOptions, RemotingClient, RpcHook, RpcResponse } from '../remoting/index.js';

const PORT_DISTANCE = 2;
const MAIN_PORT_CODES: ReadonlySet<number> = new Set(
  [HEART_BEAT, UNREGISTER_CLIENT, PULL_MESSAGE, LITE_PULL_MESSAGE].map((row) => row.code),
);

export class VipChannelClient implements RemotingClient {
  private readonly inner: RemotingClient;

  constructor(inner: RemotingClient) {
    this.inner = inner;
  }

  invoke<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<RpcResponse<R>> {
    return this.inner.invoke(row, addressFor(row, address), header, options);
  }

  call<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<RpcResponse<R>> {
    return this.inner.call(row, addressFor(row, address), header, options);
  }

  invokeOneWay<R extends RequestRow>(row: R, address: string, header: RequestHeader<R>, options?: InvokeOptions): Promise<void> {
    return this.inner.invokeOneWay(row, addressFor(row, address), header, options);
  }

  handle<R extends RequestRow>(row: R, handler: Handler<R>): void {
    this.inner.handle(row, handler);
  }

  addHook(hook: RpcHook): void {
    this.inner.addHook(hook);
  }

  addresses(): string[] {
    return this.inner.addresses();
  }

  onConnectionClosed(listener: (address: string) => void): void {
    this.inner.onConnectionClosed(listener);
  }

  closeAddress(address: string): void {
    this.inner.closeAddress(address);
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

function addressFor(row: RequestRow, address: string): string {
  if (!row.servedBy.includes('broker') || row.servedBy.includes('namesrv') || MAIN_PORT_CODES.has(row.code)) return address;
  const colon = address.lastIndexOf(':');
  return `${address.slice(0, colon)}:${Number(address.slice(colon + 1)) - PORT_DISTANCE}`;
}
