// Sets tracing up for a producer or consumer: a dispatcher with a sender of its own. Must never keep what it traces from starting.
import { reasonOf } from '../../common/index.js';
import type { ClientConfig } from '../client-config.js';
import type { ClientPorts } from '../ports.js';
import { DEFAULT_TRACE_TOPIC, TraceDispatcher, type TraceSender } from './trace-dispatcher.js';

const GROUP_PREFIX = '_INNER_TRACE_PRODUCER';
const INSTANCE_PREFIX = 'PID_CLIENT_INNER_TRACE_PRODUCER';

export type TracedRole = 'PRODUCE' | 'CONSUME';

/** Settings of the producer that carries traces: who it is, and how it reaches the cluster, as the client that is traced. */
export function traceSenderSettings(config: ClientConfig, group: string, role: TracedRole) {
  return {
    producerGroup: `${GROUP_PREFIX}-${group}-${role}-1`,
    instanceName: `${INSTANCE_PREFIX}_${config.namesrvAddr ?? process.env['NAMESRV_ADDR'] ?? ''}`,
    namesrvAddr: config.namesrvAddr,
    clientIP: config.clientIP,
    unitName: config.unitName,
    unitMode: config.unitMode,
    namespaceV2: config.namespaceV2,
    serializeType: config.serializeType,
    tls: config.tls,
    accessKey: config.accessKey,
    secretKey: config.secretKey,
    securityToken: config.securityToken,
    rpcHooks: config.rpcHooks,
    clock: config.clock,
    network: config.network,
    turn: config.turn,
    random: config.random,
    logger: config.logger,
    createRemoting: config.createRemoting,
  };
}

/** Undefined when tracing is off, or cannot start: that is told, and nothing else suffers. */
export async function startTracing(
  config: ClientConfig,
  ports: ClientPorts,
  createSender: () => TraceSender,
): Promise<TraceDispatcher | undefined> {
  if (!config.enableTrace) return undefined;
  const { clock, logger } = ports;
  const traceTopic = config.traceTopic === undefined || config.traceTopic.trim() === '' ? DEFAULT_TRACE_TOPIC : config.traceTopic;
  const cloud = config.accessChannel === 'CLOUD';
  try {
    const dispatcher = new TraceDispatcher({
      clock,
      logger,
      sender: createSender(),
      traceTopic,
      batchNum: config.traceMsgBatchNum,
      cloud,
    });
    await dispatcher.start();
    return dispatcher;
  } catch (error) {
    logger.warn(`message trace cannot start, nothing is traced: ${reasonOf(error)}`);
    return undefined;
  }
}
