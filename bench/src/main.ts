// `npm run bench -- COMMAND`: the official benchmark's producer and consumer, the lean load, and the side-by-side comparison.
import { COMPARE_OPTIONS, runCompare } from './compare.js';
import { CONSUMER_OPTIONS, runConsumer } from './consumer.js';
import { LOAD_OPTIONS, runLoad } from './load.js';
import { helpText, type OptionSpec, UsageError } from './options.js';
import { PRODUCER_OPTIONS, runProducer } from './producer.js';
import { runStore, STORE_OPTIONS } from './store.js';

type Run = (argv: readonly string[], print: (line: string) => void, signal: AbortSignal) => Promise<number>;

const COMMANDS = new Map<string, { options: Record<string, OptionSpec>; run: Run }>([
  ['producer', { options: PRODUCER_OPTIONS, run: runProducer }],
  ['consumer', { options: CONSUMER_OPTIONS, run: runConsumer }],
  ['load', { options: LOAD_OPTIONS, run: runLoad }],
  ['compare', { options: COMPARE_OPTIONS, run: runCompare }],
  ['store', { options: STORE_OPTIONS, run: runStore }],
]);

const WRONG_USAGE = 2;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const command = COMMANDS.get(name ?? '');
  if (command === undefined || rest[0] === '-h' || rest[0] === '--help') {
    const known = [...COMMANDS].map(([each, { options }]) => helpText(each, options)).join('\n');
    process.stdout.write(command === undefined ? known : helpText(name!, command.options));
    return command === undefined && name !== undefined && name !== '-h' ? WRONG_USAGE : 0;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  try {
    return await command.run(rest, (line) => process.stdout.write(`${line}\n`), stop.signal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n${helpText(name!, command.options)}`);
    return WRONG_USAGE;
  }
}

process.exitCode = await main(process.argv.slice(2));
