import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../common/index.js';
import type { MessageQueue } from '../../message/index.js';
import { LocalFileOffsetStore, type OffsetFile } from './local-file-offset-store.js';
import { NodeOffsetFile } from './node-offset-file.js';

const queue = (queueId: number): MessageQueue => ({ topic: 'T', brokerName: 'broker-a', queueId });
const APACHE =
  '{\n\t"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:12,{"brokerName":"broker-a","queueId":1,"topic":"T"}:7\n\t}\n}';

class MemoryFile implements OffsetFile {
  readonly path = '/offsets.json';
  readonly writes: string[] = [];
  failing = false;
  text: string | undefined;
  backup: string | undefined;

  async read(): Promise<string | undefined> {
    return this.text;
  }

  async readBackup(): Promise<string | undefined> {
    return this.backup;
  }

  async write(text: string, keepsBackup: boolean): Promise<void> {
    if (this.failing) throw new Error('disk is full');
    if (keepsBackup) this.backup = this.text;
    this.text = text;
    this.writes.push(text);
  }
}

async function open(file = new MemoryFile()) {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const store = new LocalFileOffsetStore(file, 'cg', { ...silentLogger, warn: note, error: note });
  await store.load();
  return { file, store, lines };
}

const fileWith = (text: string | undefined, backup?: string): MemoryFile => Object.assign(new MemoryFile(), { text, backup });

describe('LocalFileOffsetStore', () => {
  it('begins with nothing when there is no file', async () => {
    const { store } = await open();
    expect(await store.fetch(queue(0))).toBeUndefined();
  });

  it('reads what Apache writes and writes what Apache reads', async () => {
    const { file, store } = await open(fileWith(APACHE));
    expect([await store.fetch(queue(0)), await store.fetch(queue(1))]).toEqual([12, 7]);
    store.advance(queue(0), 13);
    await store.persist([queue(0)]);
    expect(file.text!.replace(/\s/g, '')).toBe(APACHE.replace(/\s/g, '').replace('12', '13'));
    expect(file.backup).toBe(APACHE);
  });

  it('keeps the offsets of queues it does not work on now, in order and number', async () => {
    const { file, store } = await open(fileWith(APACHE));
    store.set(queue(2), 5);
    await store.persist([queue(2)]);
    const again = await open(file);
    expect([0, 1, 2].map((id) => again.store.get(queue(id)))).toEqual([12, 7, 5]);
  });

  it('writes only when something changed, and one after the other', async () => {
    const { file, store } = await open();
    store.set(queue(0), 1);
    const first = store.persist([queue(0)]);
    store.advance(queue(0), 2);
    await Promise.all([first, store.persist([queue(0)]), store.persist([queue(0), queue(1)])]);
    expect(file.writes).toHaveLength(1);
    expect(file.writes[0]).toContain(':2');
  });

  it('still knows an offset after it was forgotten, and lets it move again', async () => {
    const { store } = await open();
    store.set(queue(0), 5, true);
    store.advance(queue(0), 9);
    expect(store.get(queue(0))).toBe(5);
    store.forget(queue(0));
    store.advance(queue(0), 9);
    expect(await store.fetch(queue(0))).toBe(9);
  });

  it('repeats with the next call what could not be written', async () => {
    const { file, lines, store } = await open();
    store.set(queue(0), 1);
    file.failing = true;
    await store.persist([queue(0)]);
    expect(lines).toEqual(['writing the offsets of a broadcasting group to /offsets.json failed: disk is full']);
    file.failing = false;
    await store.persist([queue(0)]);
    expect(file.text).toContain(':1');
  });

  it.each([
    ['empty', ''],
    ['cut off', APACHE.slice(0, 40)],
    ['no object', '[]'],
    ['missing', undefined],
  ])('takes the backup when the file is %s, and does not replace a good backup by a broken file', async (_case, text) => {
    const { file, store } = await open(fileWith(text, APACHE));
    expect(store.get(queue(0))).toBe(12);
    store.advance(queue(0), 20);
    await store.persist([queue(0)]);
    expect([file.backup, store.get(queue(1))]).toEqual([APACHE, 7]);
    expect((await open(file)).store.get(queue(0))).toBe(20);
  });

  it('refuses to start when both are broken, and says which', async () => {
    await expect(open(fileWith('{"offset', '{'))).rejects.toThrow(/neither \/offsets\.json nor its backup can be read/);
    await expect(open(fileWith(undefined, '{'))).rejects.toThrow(/Repair or remove both/);
  });

  it('writes all it knows anew when both break while it runs', async () => {
    const { file, lines, store } = await open(fileWith(APACHE));
    Object.assign(file, { text: '', backup: '{' });
    store.advance(queue(1), 8);
    await store.persist([queue(1)]);
    expect(lines.join()).toContain('it is written anew from memory');
    expect([0, 1].map((id) => store.get(queue(id)))).toEqual([12, 8]);
    expect((await open(file)).store.get(queue(0))).toBe(12);
  });

  it('warns once when another member writes the same file', async () => {
    const { file, lines, store } = await open();
    const other = await open(file);
    for (let i = 1; i <= 3; i++) {
      store.set(queue(0), i);
      other.store.set(queue(1), i);
      await store.persist([queue(0)]);
      await other.store.persist([queue(1)]);
    }
    expect(lines).toEqual([expect.stringContaining('Give each member an instanceName of its own')]);
    expect(other.lines).toHaveLength(1);
  });
});

describe('NodeOffsetFile', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nrmq-offsets-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('makes its folders, keeps the one before as backup and leaves nothing else', async () => {
    const path = join(directory, '10.0.0.1@DEFAULT', 'cg', 'offsets.json');
    const file = new NodeOffsetFile(path);
    expect([await file.read(), await file.readBackup()]).toEqual([undefined, undefined]);
    await file.write('one', false);
    await file.write('two', true);
    await file.write('three', true);
    expect([await file.read(), await file.readBackup()]).toEqual(['three', 'two']);
    await file.write('four', false);
    expect([await file.read(), await file.readBackup()]).toEqual(['four', 'two']);
    expect(await readdir(join(directory, '10.0.0.1@DEFAULT', 'cg'))).toEqual(['offsets.json', 'offsets.json.bak']);
  });

  it('tells what keeps it from reading or writing', async () => {
    await writeFile(join(directory, 'plain'), 'x');
    const file = new NodeOffsetFile(join(directory, 'plain', 'cg', 'offsets.json'));
    await expect(file.write('one', false)).rejects.toThrow(/ENOTDIR|EEXIST/);
    await expect(new NodeOffsetFile(directory).read()).rejects.toThrow(/EISDIR/);
    expect(await readFile(join(directory, 'plain'), 'utf8')).toBe('x');
  });
});
