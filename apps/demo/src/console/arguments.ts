// Reads the demo's command line. Must never run anything.

export interface DemoArguments {
  /** Undefined: a cluster of the demo's own. */
  readonly nameServer: string | undefined;
  /** The demo's own cluster: mqnamesrv and mqbroker as processes; else inside this one. */
  readonly servers: boolean;
  /** Names of stories; none: the tour. */
  readonly stories: readonly string[];
  readonly list: boolean;
  readonly help: boolean;
}

export const USAGE = `usage: npm run demo [-- [--servers | --name-server HOST:PORT] [STORY...]]

  STORY                         what to tell, by name; all: every story; without one the tour
  -l, --list                    the names
  -n, --name-server HOST:PORT   run against this cluster; without it a name server and a broker run inside the demo
  -s, --servers                 start mqnamesrv and mqbroker as processes of their own and run against them
  -h, --help                    this text`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function parseArguments(args: readonly string[]): DemoArguments {
  let nameServer: string | undefined;
  const stories: string[] = [];
  let servers = false;
  let list = false;
  let help = false;
  for (let index = 0; index < args.length; index++) {
    const [option, attached] = splitOption(args[index]!);
    if (option === '-h' || option === '--help') {
      help = true;
    } else if (option === '-l' || option === '--list') {
      list = true;
    } else if (option === '-s' || option === '--servers') {
      servers = true;
    } else if (!option.startsWith('-')) {
      stories.push(option);
    } else if (option === '-n' || option === '--name-server') {
      nameServer = attached ?? args[++index];
      if (nameServer === undefined || !/^[^\s:;]+:\d{1,5}(;[^\s:;]+:\d{1,5})*$/.test(nameServer)) {
        throw new UsageError(`${option} needs HOST:PORT, found ${nameServer === undefined ? 'nothing' : JSON.stringify(nameServer)}`);
      }
    } else {
      throw new UsageError(`unknown option ${JSON.stringify(args[index])}`);
    }
  }
  if (servers && nameServer !== undefined) throw new UsageError('--servers and --name-server exclude each other');
  return { nameServer, servers, stories, list, help };
}

function splitOption(argument: string): [string, string | undefined] {
  const equals = argument.indexOf('=');
  return argument.startsWith('--') && equals > 0 ? [argument.slice(0, equals), argument.slice(equals + 1)] : [argument, undefined];
}
