// What is said of a name server that does not answer: whose it is, which option names it, what to do. Must never connect.
import { reasonOf } from 'rocketmq-core/common';
import { NoNameServerError } from 'rocketmq-core/errors';
import type { ConfigurationProblem } from '../options/index.js';

/** What a name server that is not there makes of a request; anything else is an answer, or a fault of the options. */
const UNREACHABLE: ReadonlySet<unknown> = new Set(['RMQ_CONNECT', 'RMQ_SEND_REQUEST', 'RMQ_TIMEOUT', 'RMQ_NO_NAME_SERVER']);

export const isUnreachable = (error: unknown): boolean => UNREACHABLE.has((Object(error) as { code?: unknown }).code);

/** It is one of these name servers that does not answer, and no broker: errors name the address. */
export const isAway = (nameServer: string, error: unknown): boolean =>
  isUnreachable(error) && nameServer.split(';').some((address) => reasonOf(error).includes(address.trim()));

export const unreachableProblem = (where: string, nameServer: string, error: unknown): ConfigurationProblem => ({
  where,
  option: 'nameServer',
  problem: `no name server of ${nameServer} can be reached: ${reasonOf(error)}`,
  remedy: "Start it, correct nameServer, or set startup: 'background' to start without it.",
});

/** All of them in one error, a line for each. */
export const unreachableError = (problems: readonly ConfigurationProblem[]): NoNameServerError =>
  new NoNameServerError(problems.map(({ where, problem, remedy }) => `${where}: ${problem}. ${remedy}`).join('\n'));
