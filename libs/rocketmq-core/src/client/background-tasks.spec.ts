import { silentLogger } from '../common/index.js';
import { BackgroundTasks } from './background-tasks.js';

describe('BackgroundTasks', () => {
  it('tell of a failure, but not of one that comes of the end', async () => {
    const lines: string[] = [];
    const note = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
    const tasks = new BackgroundTasks({ ...silentLogger, warn: note('warn'), debug: note('debug') });
    tasks.run('heartbeat', () => Promise.reject(new Error('no route')));
    await tasks.settled();
    let fail!: (error: Error) => void;
    tasks.run('route refresh', () => new Promise((_resolve, reject) => (fail = reject)));
    tasks.end();
    fail(new Error('the remoting client is shut down'));
    await tasks.settled();
    expect(lines).toEqual(['warn heartbeat failed: no route', 'debug route refresh failed: the remoting client is shut down']);
  });
});
