import { ManualClock, silentLogger } from '../../common/index.js';
import type { Message } from '../../message/index.js';
import { SENDING_MAX, TraceDispatcher, WAITING_TRACES_MAX } from './trace-dispatcher.js';
import type { TraceContext } from './trace-record.js';

const trace = (msgId: string, topic = 'orders', regionId = 'DefaultRegion'): TraceContext => ({
  type: 'Recall',
  timeStamp: 1,
  regionId,
  group: 'g',
  topic,
  msgId,
  keys: undefined,
  success: true,
});

function setUp(options: { batchNum?: number; cloud?: boolean; answer?: () => Promise<unknown> } = {}) {
  const clock = new ManualClock();
  const sent: Message[] = [];
  const warnings: string[] = [];
  const events: string[] = [];
  const dispatcher = new TraceDispatcher({
    clock,
    logger: { ...silentLogger, warn: (line) => void warnings.push(line) },
    sender: {
      start: async () => void events.push('start'),
      send: (message) => {
        sent.push(message);
        return options.answer?.() ?? Promise.resolve();
      },
      shutdown: async () => void events.push('shutdown'),
    },
    traceTopic: 'RMQ_SYS_TRACE_TOPIC',
    batchNum: options.batchNum ?? 3,
    cloud: options.cloud ?? false,
  });
  return { clock, dispatcher, sent, warnings, events };
}

describe('TraceDispatcher', () => {
  it('sends a full batch at once, the rest after five seconds', async () => {
    const { clock, dispatcher, sent } = setUp();
    await dispatcher.start();
    for (const id of ['a', 'b', 'c', 'd']) dispatcher.append(trace(id));
    expect(sent.map((message) => message.keys)).toEqual(['a b c']);
    await clock.advance(4999);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent.map((message) => [message.topic, message.keys])).toEqual([
      ['RMQ_SYS_TRACE_TOPIC', 'a b c'],
      ['RMQ_SYS_TRACE_TOPIC', 'd'],
    ]);
    await dispatcher.shutdown();
  });

  it('puts traces of different topics, and in a cloud of different regions, into messages of their own', async () => {
    const local = setUp();
    for (const [id, topic] of [['a', 'orders'], ['b', 'parcels'], ['c', 'orders']] as const) local.dispatcher.append(trace(id, topic)); // prettier-ignore
    expect(local.sent.map((message) => message.keys)).toEqual(['a c', 'b']);
    const cloud = setUp({ cloud: true });
    for (const [id, region] of [['a', 'r1'], ['b', 'r2'], ['c', 'r1']] as const) cloud.dispatcher.append(trace(id, 'orders', region)); // prettier-ignore
    expect(cloud.sent.map((message) => message.topic)).toEqual(['rmq_sys_TRACE_DATA_r1', 'rmq_sys_TRACE_DATA_r2']);
  });

  it('keeps no more than twenty in a message, whatever the setting says', () => {
    const { dispatcher, sent } = setUp({ batchNum: 1000 });
    for (let n = 0; n < 45; n++) dispatcher.append(trace(`m${n}`));
    expect(sent.map((message) => message.keys!.split(' ').length)).toEqual([20, 20]);
  });

  it('cuts what would make a message too long', async () => {
    const { dispatcher, sent } = setUp();
    for (const id of ['a', 'b', 'c']) dispatcher.append({ ...trace(id), group: 'g'.repeat(70_000) } as TraceContext);
    expect(sent.map((message) => message.keys)).toEqual(['a b', 'c']);
    await dispatcher.shutdown();
  });

  it('counts traces that could not be sent, and says why', async () => {
    const { dispatcher, warnings } = setUp({ answer: () => Promise.reject(new Error('no route')) });
    for (const id of ['a', 'b', 'c']) dispatcher.append(trace(id));
    await dispatcher.shutdown();
    expect(dispatcher.droppedTraces).toBe(3);
    expect(warnings).toEqual(['3 traces were not sent: no route']);
  });

  it('sends the rest when it ends, and waits for a broker that does not answer only so long', async () => {
    const { clock, dispatcher, sent, events } = setUp({ answer: () => new Promise(() => undefined) });
    await dispatcher.start();
    dispatcher.append(trace('a'));
    let ended = false;
    const closing = dispatcher.shutdown().then(() => (ended = true));
    await clock.advance(4999);
    expect([sent.length, ended]).toEqual([1, false]);
    await clock.advance(1);
    await closing;
    expect(events).toEqual(['start', 'shutdown']);
  });

  it('counts what still waits when that time is over', async () => {
    const { clock, dispatcher, warnings } = setUp({ batchNum: 1, answer: () => new Promise(() => undefined) });
    for (let n = 0; n < SENDING_MAX + 3; n++) dispatcher.append(trace(`m${n}`));
    const closing = dispatcher.shutdown();
    await clock.advance(5000);
    await closing;
    expect([dispatcher.droppedTraces, warnings]).toEqual([3, ['3 traces were not sent before shutdown']]);
  });

  it('lets traces wait while the broker is slow, drops those above the limit, and goes on when it answers', async () => {
    const answers: Array<() => void> = [];
    const { dispatcher, sent, warnings } = setUp({ batchNum: 1, answer: () => new Promise<void>((resolve) => answers.push(resolve)) });
    for (let n = 0; n < SENDING_MAX + WAITING_TRACES_MAX + 5; n++) dispatcher.append(trace(`m${n}`));
    expect([sent.length, dispatcher.droppedTraces]).toEqual([SENDING_MAX, 5]);
    expect(warnings).toEqual([`more than ${WAITING_TRACES_MAX} traces are waiting: those above are dropped`]);
    const closed = dispatcher.shutdown();
    for (let turns = 0; sent.length < SENDING_MAX + WAITING_TRACES_MAX && turns < 10_000; turns++) {
      answers.shift()?.();
      await Promise.resolve();
    }
    for (const answer of answers) answer();
    await closed;
    expect(sent).toHaveLength(SENDING_MAX + WAITING_TRACES_MAX);
  });
});
