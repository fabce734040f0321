// What a client touches of the world: time, network, chance, log. Everything below the facades gets it from here; nothing below may make its own.
import { type Clock, type Logger, type Network, type Random, silentLogger, SystemClock, SystemRandom, type Turn } from '../common/index.js';
import { createRemotingClient, type RemotingClient, type RemotingClientOptions } from '../remoting/index.js';

/** Each may be left out; tests and the embedded cluster give their own. */
export interface ClientPortOptions {
  clock?: Clock | undefined;
  network?: Network | undefined;
  turn?: Turn | undefined;
  random?: Random | undefined;
  logger?: Logger | undefined;
  /** Makes the connection layer; a test gives a scripted one. */
  createRemoting?: ((options: RemotingClientOptions) => RemotingClient) | undefined;
}

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  createRemoting(options: RemotingClientOptions): RemotingClient;
}

export function resolvePorts(options: ClientPortOptions): ClientPorts {
  const clock = options.clock ?? new SystemClock();
  const logger = options.logger ?? silentLogger;
  const create = options.createRemoting ?? createRemotingClient;
  return {
    clock,
    random: options.random ?? new SystemRandom(),
    logger,
    createRemoting: (given) =>
      create({
        ...given,
        clock,
        logger,
        ...(options.network === undefined ? {} : { network: options.network }),
        ...(options.turn === undefined ? {} : { turn: options.turn }),
      }),
  };
}
