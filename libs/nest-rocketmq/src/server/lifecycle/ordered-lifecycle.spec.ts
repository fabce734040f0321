import { silentLogger } from 'rocketmq-core/common';
import { type LifecycleStep, OrderedLifecycle } from './ordered-lifecycle.js';

function steps(events: string[], failing?: string): LifecycleStep[] {
  return ['store', 'server', 'registration'].map((name) => ({
    name,
    start: () => {
      if (name === failing) throw new Error(`${name} fails`);
      events.push(`+${name}`);
    },
    stop: async () => void events.push(`-${name}`),
  }));
}

describe('OrderedLifecycle', () => {
  it('starts in order and stops in reverse, once', async () => {
    const events: string[] = [];
    const lifecycle = new OrderedLifecycle(steps(events), silentLogger);
    await Promise.all([lifecycle.start(), lifecycle.start()]);
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(events).toEqual(['+store', '+server', '+registration', '-registration', '-server', '-store']);
  });

  it('stops what had started when a later step fails', async () => {
    const events: string[] = [];
    const lifecycle = new OrderedLifecycle(steps(events, 'registration'), silentLogger);
    await expect(lifecycle.start()).rejects.toThrow('registration fails');
    await lifecycle.stop();
    expect(events).toEqual(['+store', '+server', '-server', '-store']);
  });

  it('goes on stopping after a step that fails to stop', async () => {
    const events: string[] = [];
    const bad: LifecycleStep = { name: 'bad', stop: () => Promise.reject(new Error('x')) };
    const logged: string[] = [];
    const lifecycle = new OrderedLifecycle([...steps(events), bad], { ...silentLogger, error: (message) => logged.push(message) });
    await lifecycle.start();
    await lifecycle.stop();
    expect(events.slice(3)).toEqual(['-registration', '-server', '-store']);
    expect(logged).toEqual(['stopping bad failed']);
  });

  it('stops before anything started', async () => {
    const lifecycle = new OrderedLifecycle(steps([]), silentLogger);
    await expect(lifecycle.stop()).resolves.toBeUndefined();
    await expect(lifecycle.start()).resolves.toBeUndefined();
  });
});
