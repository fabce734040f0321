// Says why a message was not taken, with the limit and the number. Must never be asked on the hot path.
import { storedPropertiesLength } from '../commit-log/record-encoder.js';
import { PROPERTIES_BYTES_MAX } from '../commit-log/record-layout.js';
import type { MessageStoreConfig, StagedMessage, StageStatus } from '../store-types.js';

export function refusalReason(
  status: Exclude<StageStatus, 0>,
  staged: readonly StagedMessage[],
  config: MessageStoreConfig,
  recordBytesMax: number,
): string {
  if (status === 4) return `more than maxUnconfirmedBytes=${config.maxUnconfirmedBytes} wait for their flush`;
  if (status === 5) return 'the next log file could not be made';
  if (status === 3) return 'the topic was deleted';
  const properties = Math.max(0, ...staged.map(storedPropertiesLength));
  if (status === 2) return `properties take ${properties} bytes, the limit is ${PROPERTIES_BYTES_MAX}`;
  const body = Math.max(0, ...staged.map(({ bodyLength }) => bodyLength));
  if (body > config.maxMessageSize) return `the body takes ${body} bytes, maxMessageSize is ${config.maxMessageSize}`;
  return `the record or batch is larger than ${recordBytesMax} bytes, or a host does not fit its sysFlag`;
}
