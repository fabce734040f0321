// What a topic contract asks of the payloads of one send. Must never change them.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { type Destination, isMessage, topicRulesOf } from '../messaging/index.js';

/** Without one a send goes out in the same turn it was asked for. */
export const hasContract = (destination: Destination): boolean => topicRulesOf(destination) !== undefined;

/**
 * Rejects with MessageConversionError for the first payload that does not fit; resolves to the sharding key of all of them. Undefined: the
 * destination has no contract, or its contract no sharding key.
 */
export async function underContract(destination: Destination, payloads: readonly unknown[]): Promise<string | undefined> {
  const rules = topicRulesOf(destination);
  if (rules === undefined) return undefined;
  const shardingKeys = new Set<string | undefined>();
  for (const payload of payloads) {
    const value = isMessage(payload) ? payload.payload : payload;
    await rules.check(value);
    shardingKeys.add(rules.shardingKeyOf(value));
  }
  if (shardingKeys.size > 1) {
    throw new IllegalMessageError(`a batch goes to one queue, found ${shardingKeys.size} sharding keys: send one batch for each`);
  }
  return [...shardingKeys][0];
}
