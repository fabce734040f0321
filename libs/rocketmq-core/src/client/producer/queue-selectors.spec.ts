import { SeededRandom } from '../../common/index.js';
import { Message, type MessageQueue } from '../../message/index.js';
import { SelectMessageQueueByHash, SelectMessageQueueByMachineRoom, SelectMessageQueueByRandom } from './queue-selectors.js';
import { selectQueue } from './send-arguments.js';

const message = new Message('T', 'x');
const queues: MessageQueue[] = ['r1@a', 'r1@b', 'r2@a', 'plain'].map((brokerName) => ({ topic: 'T', brokerName, queueId: 0 }));

describe('queue selectors', () => {
  it('refuses hash keys Java would hash by identity', () => {
    const byHash = new SelectMessageQueueByHash();
    for (const key of [1.5, {}, null, undefined, true]) expect(() => byHash.select(queues, message, key)).toThrow(/a hash key must be/);
  });

  it('spreads over all queues by chance', () => {
    const byRandom = new SelectMessageQueueByRandom(new SeededRandom(1));
    expect(new Set(Array.from({ length: 100 }, () => byRandom.select(queues)))).toEqual(new Set(queues));
  });

  it('stays within the machine rooms given', () => {
    const byRoom = new SelectMessageQueueByMachineRoom(['r1'], new SeededRandom(1));
    expect(new Set(Array.from({ length: 100 }, () => byRoom.select(queues)))).toEqual(new Set(queues.slice(0, 2)));
    byRoom.consumeridcs = new Set(['r3']);
    expect(() => selectQueue({ selector: byRoom, arg: undefined }, queues, message)).toThrow('select message queue return null.');
  });

  it('takes an own function', () => {
    const last = { selector: (all: readonly MessageQueue[], _message: Message, arg: number) => all[arg], arg: 3 };
    expect(selectQueue(last, queues, message)).toBe(queues[3]);
    expect(() => selectQueue({ ...last, arg: 4 }, queues, message)).toThrow('select message queue return null.');
  });
});
