// Requests 41 and 42 to the master of a queue's broker [java RebalanceImpl]. Must never repeat itself: whoever asks knows when to ask again.
import { decodeLockBatchResponse, encodeLockBatchRequest, LOCK_BATCH_MQ, UNLOCK_BATCH_MQ } from '../../protocol/index.js';
import type { MessageQueue } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { masterAddress } from '../instance/queue-bounds.js';
import type { LockRequests } from './queue-locks.js';

/** Shorter than for other requests: a lock that comes late is worth less [java MQClientAPIImpl#lockBatchMQ]. */
const TIMEOUT_MS = 1000;

export function lockRequestsOf(instance: ClientInstance, consumerGroup: string): LockRequests {
  const optionsOf = (queues: readonly MessageQueue[]): { body: Uint8Array; timeoutMs: number } => ({
    body: encodeLockBatchRequest({ consumerGroup, clientId: instance.clientId, mqSet: [...queues], onlyThisBroker: false }),
    timeoutMs: TIMEOUT_MS,
  });
  return {
    async lock(_brokerName, queues) {
      const address = await masterAddress(instance, queues[0]!);
      const { body } = await instance.remoting.call(LOCK_BATCH_MQ, address, {}, optionsOf(queues));
      return decodeLockBatchResponse(body).lockOKMQSet;
    },
    async unlock(_brokerName, queues) {
      const address = await masterAddress(instance, queues[0]!);
      await instance.remoting.call(UNLOCK_BATCH_MQ, address, {}, optionsOf(queues));
    },
  };
}
