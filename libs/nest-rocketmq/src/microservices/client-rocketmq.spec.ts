import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ManualClock } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import { lastValueFrom } from 'rxjs';
import { DefaultMessageConverter } from '../messaging/index.js';
import { RocketMQConfigurationError } from '../options/index.js';
import { ClientRocketMQ } from './client-rocketmq.js';
import { type OutgoingPacket, toOutgoing } from './outgoing.js';
import { RocketMQRecordBuilder, type RocketMQRecordOptions } from './rocketmq-record.js';
import { ServerRocketMQ } from './server-rocketmq.js';

const outgoing = (packet: Partial<OutgoingPacket>, headers?: Record<string, unknown>) =>
  toOutgoing({ pattern: 'orders:paid', data: { id: 1 }, ...packet }, new DefaultMessageConverter(), headers);
const record = (options: RocketMQRecordOptions, data: unknown = 'x') => Object.assign(new RocketMQRecordBuilder(data).build(), { options });

describe('what a client sends', () => {
  it('is the payload alone, with the record in its properties', () => {
    const { message, destination } = outgoing({});
    expect([message.topic, message.tags, message.body.toString(), destination]).toEqual(['orders', 'paid', '{"id":1}', 'orders:paid']);
    const full = new RocketMQRecordBuilder('text')
      .setKeys(['a', 'b'])
      .setDelaySeconds(3)
      .setHeaders({ n: 1, o: { p: 2 }, blank: ' ', none: null, TAGS: 'x' });
    expect(Object.fromEntries(outgoing({ data: full.build() }).message.properties)).toEqual({
      TAGS: 'paid',
      KEYS: 'a b',
      TIMER_DELAY_SEC: '3',
      contentType: 'text/plain;charset=UTF-8',
      n: '1',
      o: '{"p":2}',
    });
  });

  it("takes headers from the client's, the record's and the hook's, the later beat the earlier", () => {
    const data = new RocketMQRecordBuilder('x').setHeaders({ b: 'record', c: 'record' }).build();
    const { message } = outgoing({ data, metadata: { c: 'hook' } }, { a: 'client', b: 'client', c: 'client' });
    expect(['a', 'b', 'c'].map((name) => message.getProperty(name))).toEqual(['client', 'record', 'hook']);
  });

  it.each<[Partial<OutgoingPacket>, string]>([
    [{ pattern: 'orders:*' }, 'a message has one tag'],
    [{ data: record({ delayMs: 1, delayLevel: 1 }) }, 'delayLevel and delayMs: a message has one delay'],
    [{ data: record({ timeout: 0 }) }, 'timeout 0 is no number'],
    [{ data: record({ hashKey: 7 as unknown as string }) }, 'hashKey must be a string'],
    [{ data: record({ header: {} } as RocketMQRecordOptions) }, 'header is unknown. Did you mean headers?'],
    [{ data: '' }, 'an empty body'],
    [{ data: new Map() }, 'JSON knows no Map'],
  ])('%j is refused', (packet, problem) => {
    expect(() => outgoing(packet)).toThrow(problem);
  });
});

beforeAll(() => {
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
});

describe('ClientRocketMQ', () => {
  const nameServer = '127.0.0.1:1';

  it('tells every wrong option at once', () => {
    const make = (): unknown =>
      new ClientRocketMQ({
        nameServer: 'here',
        producerGroup: 'a b',
        retryTimesWhenSendFailed: -1,
        headers: [],
        secretKey: 'hidden',
      } as never);
    expect(make).toThrow(RocketMQConfigurationError);
    expect(make).toThrow(/5 options are wrong[^]*nameServer[^]*producerGroup[^]*accessKey[^]*retryTimesWhenSendFailed[^]*headers/);
    expect(make).not.toThrow(/hidden/);
    expect(() => new ClientRocketMQ(undefined as never)).toThrow('is no options object');
  });

  it('loses no event in silence: log, error event and the observable tell of one that was not sent', async () => {
    const line = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const client = new ClientRocketMQ({ nameServer });
    const errors: unknown[] = [];
    const states: string[] = [];
    client.on('error', (error) => void errors.push(error));
    client.status.subscribe((status) => void states.push(status));
    await expect(lastValueFrom(client.emit('orders:paid', 'x'))).rejects.toThrow(nameServer);
    await client.close();
    expect(errors).toHaveLength(1);
    expect(line).toHaveBeenCalledWith(expect.stringContaining('an event was not sent'));
    expect(states).toEqual(['connecting', 'disconnected']);
    expect(() => client.unwrap()).toThrow(NotStartedError);
    line.mockRestore();
  });
});

describe('ServerRocketMQ', () => {
  it('tries again in the background until it is closed, and says so', async () => {
    const clock = new ManualClock();
    const line = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const server = new ServerRocketMQ({ nameServer: '127.0.0.1:1', consumerGroup: 'g', startup: 'background', clock });
    server.addHandler('orders:paid', async () => undefined, true);
    expect(server.getHandlerByPattern('{"topic":"orders","tag":"paid"}')).not.toBeNull();
    expect(server.getHandlerByPattern('orders')).toBeNull();
    const errors: unknown[] = [];
    server.on('error', (error) => void errors.push(error));
    const failed = await new Promise<unknown>((resolve) => void server.listen(resolve));
    expect([failed, errors.length, server.unwrap()]).toEqual([undefined, 1, { consumer: undefined, producer: undefined }]);
    await server.close();
    await server.close();
    expect(() => server.unwrap()).toThrow(NotStartedError);
    expect(line).toHaveBeenCalledWith(expect.stringContaining('cannot start yet'));
    line.mockRestore();
  });

  it('fails to listen, and may listen again', async () => {
    const server = new ServerRocketMQ({ nameServer: '127.0.0.1:1', consumerGroup: 'g' });
    server.addHandler('orders:paid', async () => undefined, true);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await new Promise<unknown>((resolve) => void server.listen(resolve))).toBeInstanceOf(Error);
    }
    await server.close();
  });
});
