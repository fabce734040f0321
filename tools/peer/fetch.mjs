// Fetches the Apache peers once, by Maven: official server, client, tools and benchmark jars; and what a rocketmq-spring application needs.
// usage: node tools/peer/fetch.mjs [--if-possible] [VERSION...]      into ROCKETMQ_PEERS (default ~/.cache/rmq-peers)
// --if-possible: a machine without Java or Maven is told what it lacks and ends well, unless CI is set.
import { fetchPeer, isFetched, missingForPeers, peerHome, PEER_VERSIONS, SPRING_PEER } from './commands.mjs';

const words = process.argv.slice(2);
const ifPossible = words.includes('--if-possible') && !process.env.CI;
const named = words.filter((word) => !word.startsWith('--'));
const versions = named.length > 0 ? named : [...PEER_VERSIONS, SPRING_PEER];

const tools = missingForPeers(versions).filter((line) => !line.startsWith('the jars'));
if (tools.length > 0) {
  process.stderr.write(`Apache peers cannot be used here; missing: ${tools.join('; ')}\n`);
  process.exit(ifPossible ? 0 : 1);
}
try {
  for (const version of versions) {
    const startedAt = performance.now();
    const where = peerHome(version);
    if (isFetched(version)) process.stdout.write(`${version}: in ${where}\n`);
    else if (fetchPeer(version))
      process.stdout.write(`${version}: fetched into ${where} in ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
