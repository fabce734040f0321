// Serves single messages: by their place in the log (VIEW_MESSAGE_BY_ID), by key (QUERY_MESSAGE). Must never trust an id or a key: any may be
// asked for. Neither is on the hot path.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import { QUERY_MESSAGE, VIEW_MESSAGE_BY_ID } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BROKER_CONFIG, MESSAGE_STORE } from '../tokens.js';

/** Below the largest frame that a Java client takes (16 MiB), with room for the header. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024 - 64 * 1024;
/** 5.5.0's `indexType` of a query by tag. */
const TAG_TYPE = 'T';

@Injectable()
export class MessageProcessor {
  constructor(
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
  ) {}

  @Handles(VIEW_MESSAGE_BY_ID)
  view({ header }: ServedRequest<typeof VIEW_MESSAGE_BY_ID>): Reply<typeof VIEW_MESSAGE_BY_ID> {
    const record = header.offset < 0 ? undefined : this.store.readRecord(header.offset);
    if (record === undefined) return fail('SYSTEM_ERROR', `can not find message by the offset, ${header.offset}`);
    return { code: 'SUCCESS', body: record };
  }

  /** [java QueryMessageProcessor#queryMessage]; unlike Java's, an answer never holds messages that only share the key's hash. */
  @Handles(QUERY_MESSAGE)
  async query({ header }: ServedRequest<typeof QUERY_MESSAGE>): Promise<Reply<typeof QUERY_MESSAGE>> {
    const { records, indexLastUpdateTimestamp, indexLastUpdatePhysicalOffset } = await this.store.index.query({
      topic: header.topic,
      key: header.key,
      type: header.indexType === TAG_TYPE ? 'tag' : 'key',
      maxMessages: header.uniqueKeyQuery === 'true' ? this.config.defaultQueryMaxNum : header.maxNum,
      maxBytes: ANSWER_BYTES_MAX,
      begin: header.beginTimestamp,
      end: clamped(header.endTimestamp),
    });
    const answer = { indexLastUpdateTimestamp, indexLastUpdatePhyoffset: indexLastUpdatePhysicalOffset };
    if (records.length > 0) return { code: 'SUCCESS', header: answer, body: Buffer.concat(records) };
    return { code: 'QUERY_NOT_FOUND', header: answer, remark: 'can not find message, maybe time range not correct' };
  }
}

/** Long.MAX_VALUE is usual, and more than a number can hold exactly. */
function clamped(timestamp: bigint): number {
  if (timestamp > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  return timestamp < 0n ? -1 : Number(timestamp);
}
