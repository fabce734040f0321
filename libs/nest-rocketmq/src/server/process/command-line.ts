// Command line options with a usage text, by node:util. Must never exit the process or print: the caller does.
import { parseArgs } from 'node:util';

export interface CommandLineOption {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** Stands for the value in the usage text. */
  readonly value?: string;
  readonly doc: string;
}

export interface CommandLineSpec<O extends Readonly<Record<string, CommandLineOption>> = Readonly<Record<string, CommandLineOption>>> {
  readonly command: string;
  readonly summary: string;
  /** Long names are Apache's. `-h`, `--help` is added. */
  readonly options: O;
  /** Names of arguments that are no options, all required. */
  readonly positionals?: readonly string[];
}

export type CommandLineValues<O> = {
  readonly [K in keyof O]?: O[K] extends { type: 'boolean' } ? boolean : string;
};

export interface CommandLine<O> {
  readonly values: CommandLineValues<O>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

/** The arguments do not fit the command: exit code 2. */
export class CommandUsageError extends Error {
  readonly usage: string;

  constructor(reason: string, usage: string) {
    super(reason);
    this.name = 'CommandUsageError';
    this.usage = usage;
  }
}

export function parseCommandLine<const O extends Readonly<Record<string, CommandLineOption>>>(
  spec: CommandLineSpec<O>,
  args: readonly string[],
): CommandLine<O> {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short }] of Object.entries(spec.options)) options[name] = short === undefined ? { type } : { type, short };
  const expected = spec.positionals ?? [];
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: expected.length > 0 });
    const help = values.help === true;
    if (!help && positionals.length !== expected.length) {
      const count = `${positionals.length} argument${positionals.length === 1 ? '' : 's'}`;
      throw new CommandUsageError(`expected ${expected.join(' ')}, got ${count}`, usageText(spec));
    }
    const { help: _help, ...rest } = values;
    return { values: rest as CommandLineValues<O>, positionals, help };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new CommandUsageError(message.split('. ')[0]!, usageText(spec));
  }
}

export function usageText(spec: CommandLineSpec): string {
  const rows = Object.entries(spec.options).map(([name, option]): [string, string] => [
    `${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}`,
    option.doc,
  ]);
  rows.push(['-h, --help', 'Prints this text.']);
  const width = Math.max(...rows.map(([left]) => left.length));
  const positionals = (spec.positionals ?? []).map((name) => ` ${name}`).join('');
  return [
    `usage: ${spec.command}${positionals} [options]`,
    spec.summary,
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
  ].join('\n');
}
