// Which Apache clients a spec runs against, and whether this machine can. Must never pass in silence where nothing ran:
// without Java the specs count as skipped, and fail when CI is set.
import {
  fetchPeer,
  type HeaderForm,
  missingForPeers,
  PEER_VERSIONS,
  type PeerVersion,
  SPRING_PEER,
} from '../../../tools/peer/commands.mjs';
import { jest } from '@jest/globals';
import type { JavaClient, SpringClient } from './java-program.js';

/** Servers start and stop in hooks, and each program is a virtual machine of its own. */
const LIMIT_MS = 240_000;
jest.setTimeout(LIMIT_MS);

const HEADER_FORMS: readonly HeaderForm[] = ['JSON', 'ROCKETMQ'];
/** Apache's servers and clients, and the jars of the rocketmq-spring application. */
const NEEDED = [...PEER_VERSIONS, SPRING_PEER];
const missing = missingHere();
if (missing.length > 0) {
  const text = `The interop specs need Apache's servers; missing here: ${missing.join('; ')}`;
  if (process.env['CI']) throw new Error(text);
  process.stderr.write(`\n*** SKIPPED: ${text}\n\n`);
}

/** What this machine lacks; jars are fetched first, once, where Maven can. */
function missingHere(): string[] {
  const lacking = missingForPeers(NEEDED);
  if (lacking.length === 0 || !lacking.every((line) => line.startsWith('the jars'))) return lacking;
  try {
    for (const version of NEEDED) if (fetchPeer(version)) process.stderr.write(`fetched the jars of ${version}\n`);
  } catch (error) {
    return [...lacking, `fetching them failed: ${(error as Error).message}`];
  }
  return missingForPeers(NEEDED);
}

/** `describe` where the peers are at hand, else the same counted as skipped. */
export const describeWithPeers = missing.length === 0 ? describe : describe.skip;

export const VERSIONS: readonly PeerVersion[] = PEER_VERSIONS;

/** Both versions in both header forms. */
export const CLIENTS: readonly JavaClient[] = VERSIONS.flatMap((version) =>
  HEADER_FORMS.map((serializeType) => ({ version, serializeType })),
);

/** Each version once, the one with JSON headers, the other with binary ones: where the form has been proven elsewhere. */
export const ONE_CLIENT_EACH: readonly JavaClient[] = [
  { version: '4.9.7', serializeType: 'ROCKETMQ' },
  { version: '5.5.0', serializeType: 'JSON' },
];

/** The application of rocketmq-spring; its headers are JSON, as its client's default is. */
export const SPRING: SpringClient = { version: SPRING_PEER, serializeType: 'JSON' };

export const clientName = (client: JavaClient): string => `Java ${client.version} with ${client.serializeType} headers`;
