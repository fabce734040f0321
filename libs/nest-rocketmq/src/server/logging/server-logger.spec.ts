import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from 'rocketmq-core/common';
import { safeFields, safeText } from './safe-text.js';
import { createServerLogger } from './server-logger.js';

describe('safeText and safeFields', () => {
  it('escapes what could forge a line or repaint a terminal', () => {
    expect(safeText('a\nb\u001b[31m\u009b\u202e\u2028c')).toBe('a\\u000ab\\u001b[31m\\u009b\\u202e\\u2028c');
  });

  it('masks secrets at any depth, in keys of objects and maps', () => {
    const shown = safeFields({
      secretKey: 'x',
      nested: { AclToken: 'y', list: [{ password: 'z', name: 'n' }] },
      map: new Map([['signature', 's']]),
    });
    expect(shown).toEqual({
      secretKey: '******',
      nested: { AclToken: '******', list: [{ password: '******', name: 'n' }] },
      map: { signature: '******' },
    });
  });

  it('bounds texts, arrays, depth and bytes', () => {
    const deep: Record<string, unknown> = {};
    deep.self = deep;
    const shown = safeFields({ long: 'x'.repeat(5000), many: Array.from({ length: 1000 }, () => 1), deep, body: new Uint8Array(9) });
    expect((shown.long as string).length).toBeLessThan(4200);
    expect(shown.many).toHaveLength(64);
    expect(JSON.stringify(shown.deep).length).toBeLessThan(200);
    expect(shown.body).toBe('<9 bytes>');
  });

  it('shows an error with code and cause', () => {
    const shown = safeFields({ error: new Error('bad\nthing', { cause: Object.assign(new Error('root'), { code: 'ENOENT' }) }) });
    expect(shown.error).toMatchObject({ name: 'Error', message: 'bad\\u000athing', cause: { message: 'root', code: 'ENOENT' } });
  });
});

describe('createServerLogger', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nrmq-log-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('writes one JSON object per line, at the level asked for, with the given clock', async () => {
    const logger = await createServerLogger({ name: 'namesrv', clock: new ManualClock(0), directory: join(directory, 'new') });
    logger.debug('unseen');
    logger.info('broker registered', { brokerName: 'b\u001b', secretKey: 's' });
    await logger.close();
    const lines = readFileSync(join(directory, 'new', 'namesrv.log'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        time: '1970-01-01T00:00:00.000Z',
        name: 'namesrv',
        pid: process.pid,
        brokerName: 'b\\u001b',
        secretKey: '******',
        msg: 'broker registered',
      },
    ]);
  });

  it('rolls a file that is too large and keeps the older ones', async () => {
    writeFileSync(join(directory, 'broker.log'), 'x'.repeat(100));
    writeFileSync(join(directory, 'broker.log.1'), 'older');
    const logger = await createServerLogger({ name: 'broker', clock: new ManualClock(), directory, fileLimitBytes: 50 });
    logger.info('after');
    await logger.close();
    expect(readdirSync(directory).toSorted()).toEqual(['broker.log', 'broker.log.1', 'broker.log.2']);
    expect(readFileSync(join(directory, 'broker.log.2'), 'utf8')).toBe('older');
    expect(readFileSync(join(directory, 'broker.log.1'), 'utf8').startsWith('xxx')).toBe(true);
    expect(readFileSync(join(directory, 'broker.log'), 'utf8')).toContain('after');
  });

  it('says once that it cannot write, and goes on without a log', async () => {
    writeFileSync(join(directory, 'file'), '');
    const problems: string[] = [];
    const logger = await createServerLogger({
      name: 'namesrv',
      clock: new ManualClock(),
      directory: join(directory, 'file', 'sub'),
      onProblem: (sentence) => problems.push(sentence),
    });
    logger.error('lost');
    logger.flushSync();
    await logger.close();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('nothing is logged');
  });

  it('goes on without a log when the file itself cannot be opened', async () => {
    mkdirSync(join(directory, 'namesrv.log'));
    const problems: string[] = [];
    const logger = await createServerLogger({
      name: 'namesrv',
      clock: new ManualClock(),
      directory,
      onProblem: (sentence) => problems.push(sentence),
    });
    logger.error('lost');
    logger.flushSync();
    await logger.close();
    expect(problems).toEqual([`cannot write ${join(directory, 'namesrv.log')}: EISDIR`]);
  });

  it('writes readable lines to a stream when the directory is -', async () => {
    const written: string[] = [];
    const logger = await createServerLogger({
      name: 'namesrv',
      clock: new ManualClock(0),
      directory: '-',
      stream: { write: (line) => written.push(line) },
    });
    logger.warn('topic a\nb', { token: 't' });
    expect(written).toEqual(['1970-01-01T00:00:00.000Z WARN  namesrv - topic a\\u000ab {"token":"******"}\n']);
  });
});
