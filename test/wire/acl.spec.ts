// Signatures equal Apache's for every captured input, and secrets stay inside.
import { inspect } from 'node:util';
import { AclClientRPCHook, ConfigError, SessionCredentials } from 'rocketmq-core';
import type { RemotingCommand } from 'rocketmq-core/protocol';
import { goldenData } from '../support/golden-data.js';

interface AclRow {
  accessKey: string;
  secretKey: string;
  securityToken: string | null;
  fields: Record<string, string>;
  body: string | null;
  extFieldsAfter: Record<string, string>;
}

const { acl } = goldenData<{ acl: AclRow[] }>('values');

describe('AclClientRPCHook', () => {
  it.each(acl.map((row, index) => [`${index} ${Object.keys(row.fields).join(' ')}`, row] as const))('signs row %s', (_title, row) => {
    const command = {
      extFields: new Map(Object.entries(row.fields)),
      body: row.body === null ? undefined : Buffer.from(row.body, 'hex'),
    } as unknown as RemotingCommand;
    new AclClientRPCHook(new SessionCredentials(row.accessKey, row.secretKey, row.securityToken ?? undefined)).beforeRequest(
      'a:1',
      command,
    );
    expect(Object.fromEntries(command.extFields!)).toEqual(row.extFieldsAfter);
  });

  it('signs a command that has no fields yet', () => {
    const command = { extFields: undefined, body: undefined } as unknown as RemotingCommand;
    new AclClientRPCHook(new SessionCredentials('ak', 'sk')).beforeRequest('a:1', command);
    expect([...command.extFields!.keys()].toSorted()).toEqual(['AccessKey', 'Signature']);
  });
});

describe('SessionCredentials', () => {
  it.each([
    ['', 'secret', 'accessKey'],
    ['key', '  ', 'secretKey'],
    [undefined as unknown as string, 'secret', 'accessKey'],
  ])('refuses %j and a secret of %p characters', (accessKey, secretKey, wrong) => {
    expect(() => new SessionCredentials(accessKey, secretKey)).toThrow(ConfigError);
    expect(() => new SessionCredentials(accessKey, secretKey)).toThrow(wrong);
  });

  it('does not show its secret', () => {
    const credentials = new SessionCredentials('key', 'hush-hush');
    expect(inspect(credentials, { depth: 5, showHidden: true }) + JSON.stringify(credentials)).not.toContain('hush');
  });
});
