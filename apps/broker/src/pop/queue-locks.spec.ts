import { QueueLocks } from './queue-locks.js';

describe('QueueLocks', () => {
  it('lets one in and tells when the queue is free for who came meanwhile', () => {
    const freed: string[] = [];
    const locks = new QueueLocks((topic, group, queueId) => freed.push(`${topic} ${group} ${queueId}`));
    expect(locks.tryLock('T', 'g', 0)).toBe(true);
    expect([locks.tryLock('T', 'g', 1), locks.tryLock('T', 'h', 0)]).toEqual([true, true]);
    expect([locks.tryLock('T', 'g', 0), locks.tryLock('T', 'g', 0)]).toEqual([false, false]);
    locks.unlock('T', 'g', 1);
    locks.unlock('T', 'h', 0);
    expect(freed).toEqual([]);
    locks.unlock('T', 'g', 0);
    expect(freed).toEqual(['T g 0']);
    expect([locks.tryLock('T', 'g', 0), locks.count]).toEqual([true, 1]);
    locks.unlock('T', 'g', 0);
    expect([freed.length, locks.count]).toEqual([1, 0]);
  });
});
