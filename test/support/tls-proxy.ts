// TLS in front of a plain server, as Apache's servers offer both on one port. Must never outlive its test.
import net from 'node:net';
import tls from 'node:tls';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (name: string): string => readFileSync(fileURLToPath(new URL(`../golden/tls/${name}`, import.meta.url)), 'utf8');

/** A certificate for localhost, signed by the authority `ca`. Test material: its key is public. */
export const TLS_MATERIAL = { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };

export interface TlsProxy {
  readonly address: string;
  /** Connections that finished their handshake. */
  readonly accepted: number;
  close(): Promise<void>;
}

export async function startTlsProxy(target: string): Promise<TlsProxy> {
  const [host, port] = target.split(':') as [string, string];
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = tls.createServer({ cert: TLS_MATERIAL.cert, key: TLS_MATERIAL.key }, (secure) => {
    accepted++;
    const plain = net.connect(Number(port), host);
    for (const socket of [secure, plain]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        secure.destroy();
        plain.destroy();
      });
    }
    secure.pipe(plain).pipe(secure);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
