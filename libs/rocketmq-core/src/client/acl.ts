// Signs every request with an access key [java AclClientRPCHook, AclSigner]. Must come after every hook that adds fields: the server checks
// what it received. Must never let a secret out: not into a log, not into an error.
import { createHmac } from 'node:crypto';
import { ConfigError } from '../errors/index.js';
import type { RemotingCommand } from '../protocol/index.js';
import type { RpcHook } from '../remoting/index.js';

const ACCESS_KEY = 'AccessKey';
const SECURITY_TOKEN = 'SecurityToken';
const SIGNATURE = 'Signature';

export class SessionCredentials {
  readonly accessKey: string;
  readonly securityToken: string | undefined;
  /** Not enumerable: printing the credentials does not print it. */
  readonly #secretKey: string;

  /** Throws ConfigError for a blank key. */
  constructor(accessKey: string, secretKey: string, securityToken?: string) {
    const problems = Object.entries({ accessKey, secretKey })
      .filter(([, value]) => typeof value !== 'string' || value.trim() === '')
      .map(([key]) => ({ key, problem: 'is blank; access key and secret key come together' }));
    if (problems.length > 0) throw new ConfigError('SessionCredentials', problems);
    this.accessKey = accessKey.trim();
    this.#secretKey = secretKey.trim();
    this.securityToken = securityToken === undefined || securityToken === '' ? undefined : securityToken;
  }

  /** Base64 of the HMAC-SHA1 over the values of the sorted fields and the body. */
  sign(fields: ReadonlyMap<string, string>, body: Uint8Array | undefined): string {
    const hmac = createHmac('sha1', Buffer.from(this.#secretKey, 'utf8'));
    // Java sorts by UTF-16 units, as JavaScript does.
    for (const name of [...fields.keys()].toSorted()) if (name !== SIGNATURE) hmac.update(fields.get(name)!, 'utf8');
    if (body !== undefined) hmac.update(body);
    return hmac.digest('base64');
  }
}

export class AclClientRPCHook implements RpcHook {
  private readonly credentials: SessionCredentials;

  constructor(credentials: SessionCredentials) {
    this.credentials = credentials;
  }

  beforeRequest(_address: string, command: RemotingCommand): void {
    const { accessKey, securityToken } = this.credentials;
    const fields = (command.extFields ??= new Map<string, string>());
    fields.set(ACCESS_KEY, accessKey);
    if (securityToken !== undefined) fields.set(SECURITY_TOKEN, securityToken);
    fields.set(SIGNATURE, this.credentials.sign(fields, command.body));
  }
}
