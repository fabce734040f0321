import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ManualClock } from 'rocketmq-core/common';
import { defineRequest } from 'rocketmq-core/protocol';
import type { RemotingServer, Reply } from 'rocketmq-core/remoting';
import { Handles } from './handles.decorator.js';
import { REMOTING_SERVER, RemotingServerModule } from './remoting-server.module.js';
import { reply } from './reply.js';

const row = (code: number, name: string) =>
  defineRequest({ code, name, family: 'test', servedBy: ['broker'], about: 'A row of this test.' });
const FIRST = row(9001, 'FIRST');
const SECOND = row(9002, 'SECOND');

@Injectable()
class ByClass {
  @Handles(FIRST)
  first(): Reply<typeof FIRST> {
    return reply();
  }
}

class ByFactory {
  @Handles(SECOND)
  second(): Reply<typeof SECOND> {
    return reply();
  }
}

const boot = (providers: object[], mustServe = [FIRST]) => {
  @Module({ imports: [RemotingServerModule.forRoot({ server: { clock: new ManualClock() }, mustServe })], providers: providers as never[] })
  class App {}
  return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
};

describe('RemotingServerModule', () => {
  it('wires handlers of every provider, however it is provided, before the application listens', async () => {
    const app = await boot([ByClass, { provide: 'other', useFactory: () => new ByFactory() }]);
    expect(app.get<RemotingServer>(REMOTING_SERVER).handledCodes()).toEqual([9001, 9002]);
    await app.close();
  });

  it('fails to boot when a row it must serve has no handler, or two', async () => {
    await expect(boot([])).rejects.toThrow('code 9001 FIRST has no handler');
    await expect(boot([ByClass, { provide: 'again', useFactory: () => new ByClass() }])).rejects.toThrow('handled twice');
  });
});
