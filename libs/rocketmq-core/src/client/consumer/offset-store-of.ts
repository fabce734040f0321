// Picks where a consumer keeps its offsets: brokers for a group that shares queues, a file of its own for a member that gets everything.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { LocalFileOffsetStore } from './local-file-offset-store.js';
import { NodeOffsetFile } from './node-offset-file.js';
import type { OffsetStore } from './offset-store.js';
import type { PushConsumerSettings } from './push-consumer-settings.js';
import { RemoteBrokerOffsetStore } from './remote-broker-offset-store.js';

export function offsetStoreOf(
  settings: Pick<PushConsumerSettings, 'messageModel' | 'localOffsetStoreDir'>,
  instance: ClientInstance,
  consumerGroup: string,
): OffsetStore {
  if (settings.messageModel === 'CLUSTERING') return new RemoteBrokerOffsetStore(instance, consumerGroup);
  for (const part of [instance.clientId, consumerGroup]) {
    if (!/[/\\\0]/.test(part)) continue;
    throw new ConfigError(`consumer group ${consumerGroup}`, [
      { key: 'instanceName', problem: `${JSON.stringify(part)} cannot be the name of the folder of a broadcasting member's offsets` },
    ]);
  }
  // [java LocalFileOffsetStore#LOCAL_OFFSET_STORE_DIR]
  const directory = settings.localOffsetStoreDir ?? join(homedir(), '.rocketmq_offsets');
  const file = new NodeOffsetFile(join(directory, instance.clientId, consumerGroup, 'offsets.json'));
  return new LocalFileOffsetStore(file, consumerGroup, instance.ports.logger);
}
