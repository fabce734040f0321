// Turns a message of the control plane into what the data plane stages. Must never interpret its content beyond TAGS.
import { encodeProperties, PROPERTY, tagsCodeOf } from '../../message/index.js';
import type { PutMessage, PutMessageStatus, QueueRef, StagedMessage, StageStatus } from '../store-types.js';

const NO_BYTES = new Uint8Array(0);

export function stagedOf(message: PutMessage, queue: QueueRef): StagedMessage {
  const properties = new TextEncoder().encode(encodeProperties(message.properties));
  const tagsCode = message.tagsCode ?? BigInt(tagsCodeOf(message.properties.get(PROPERTY.TAGS)));
  return {
    queue,
    flag: message.flag,
    sysFlag: message.sysFlag,
    bornTimestamp: message.bornTimestamp,
    bornHost: message.bornHost,
    storeHost: message.storeHost,
    reconsumeTimes: message.reconsumeTimes,
    preparedTransactionOffset: message.preparedTransactionOffset,
    body: message.body,
    bodyStart: 0,
    bodyLength: message.body.length,
    properties,
    propertiesStart: 0,
    propertiesLength: properties.length,
    extraProperties: NO_BYTES,
    extraPropertiesLength: 0,
    tagsCodeHigh: Number(BigInt.asIntN(32, tagsCode >> 32n)),
    tagsCodeLow: Number(BigInt.asIntN(32, tagsCode)),
    physicalOffset: 0,
    queueOffset: 0,
    recordSize: 0,
    storeTimestamp: 0,
  };
}

export const PUT_STATUS: Record<Exclude<StageStatus, 0>, PutMessageStatus> = {
  1: 'MESSAGE_ILLEGAL',
  2: 'PROPERTIES_SIZE_EXCEEDED',
  3: 'SERVICE_NOT_AVAILABLE',
  4: 'OS_PAGE_CACHE_BUSY',
  5: 'CREATE_MAPPED_FILE_FAILED',
};
