// Serves single messages by their place in the log: VIEW_MESSAGE_BY_ID. Must never trust the id: any number may be asked for.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import { VIEW_MESSAGE_BY_ID } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { MESSAGE_STORE } from '../tokens.js';

@Injectable()
export class MessageProcessor {
  constructor(@Inject(MESSAGE_STORE) private readonly store: MessageStore) {}

  @Handles(VIEW_MESSAGE_BY_ID)
  view({ header }: ServedRequest<typeof VIEW_MESSAGE_BY_ID>): Reply<typeof VIEW_MESSAGE_BY_ID> {
    const record = header.offset < 0 ? undefined : this.store.readRecord(header.offset);
    if (record === undefined) return fail('SYSTEM_ERROR', `can not find message by the offset, ${header.offset}`);
    return { code: 'SUCCESS', body: record };
  }
}
