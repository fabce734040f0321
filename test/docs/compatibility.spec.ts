// docs/compatibility.md names exactly the requests that the servers have handlers for.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { NamesrvModule } from '@nest-rocketmq/namesrv';
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import { REQUEST_TABLE } from 'rocketmq-core/protocol';
import type { RemotingServer } from 'rocketmq-core/remoting';
import { startBroker } from '../support/broker.js';
import { read, section, tableRows } from './documents.js';

const page = read('docs/compatibility.md');

const documented = (heading: string): Array<[number, string]> =>
  tableRows(section(page, heading)).map(([code, name]) => [Number(code), name!]);
const named = (codes: readonly number[]): Array<[number, string]> => codes.map((code) => [code, REQUEST_TABLE.get(code)!.name]);

describe('docs/compatibility.md', () => {
  it('lists what the broker serves', async () => {
    const broker = await startBroker();
    try {
      const server = broker.app.get<RemotingServer>(REMOTING_SERVER, { strict: false });
      expect(documented('## What the broker serves')).toEqual(named(server.handledCodes()));
    } finally {
      await broker.close();
    }
  });

  it('lists what the name server serves', async () => {
    const app = await NestFactory.createApplicationContext(
      NamesrvModule.forRoot({ listenPort: 0, kvConfigPath: join(tmpdir(), 'nrmq-docs-none', 'kvConfig.json') }),
      { logger: false },
    );
    try {
      const server = app.get<RemotingServer>(REMOTING_SERVER, { strict: false });
      expect(documented('## What the name server serves')).toEqual(named(server.handledCodes()));
    } finally {
      await app.close();
    }
  });
});
