// Serves what consumers say of popped messages: done (one or several), or to stay away for another time.
// Must never answer before it is stored.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import { ACK_MESSAGE, BATCH_ACK_MESSAGE, CHANGE_MESSAGE_INVISIBLETIME, decodeBatchAck, POP_ROLLBACK } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { AckService } from '../pop/ack-service.js';
import { BROKER_CONFIG } from '../tokens.js';
import { checkInvisibleTime } from './pop-checks.js';
import { isRefusal } from './refusal.js';

type AckRow = typeof ACK_MESSAGE;
type BatchAckRow = typeof BATCH_ACK_MESSAGE;
type ChangeRow = typeof CHANGE_MESSAGE_INVISIBLETIME;
type RollbackRow = typeof POP_ROLLBACK;

/** Entries of one batch: deliveries of one queue each. */
export const BATCH_ENTRIES_MAX = 4096;
const NO_NUMBERS = { popTime: 0, invisibleTime: 0, reviveQid: 0 };

@Injectable()
export class PopAckProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    private readonly acks: AckService,
  ) {}

  @Handles(ACK_MESSAGE)
  async acknowledge({ header }: ServedRequest<AckRow>): Promise<Reply<AckRow>> {
    const refusal = await this.acks.acknowledge(header);
    return refusal === undefined ? { code: 'SUCCESS' } : fail(refusal.code, refusal.remark);
  }

  /** All entries are taken that can be; the first that cannot be is the answer. */
  @Handles(BATCH_ACK_MESSAGE)
  async acknowledgeSeveral({ body }: ServedRequest<BatchAckRow>): Promise<Reply<BatchAckRow>> {
    if (body.length === 0) return fail('NO_MESSAGE', 'a batch without entries');
    const { brokerName, acks } = decodeBatchAck(body);
    if (acks.length === 0) return fail('NO_MESSAGE', 'a batch without entries');
    if (acks.length > BATCH_ENTRIES_MAX) return fail('MESSAGE_ILLEGAL', `${acks.length} entries, at most ${BATCH_ENTRIES_MAX}`);
    const refusals = await Promise.all(acks.map((ack) => this.acks.acknowledgeSeveral(ack, brokerName)));
    const refusal = refusals.find((outcome) => outcome !== undefined);
    return refusal === undefined ? { code: 'SUCCESS' } : fail(refusal.code, refusal.remark);
  }

  @Handles(CHANGE_MESSAGE_INVISIBLETIME)
  async changeInvisibility({ header }: ServedRequest<ChangeRow>): Promise<Reply<ChangeRow>> {
    const outcome =
      checkInvisibleTime(this.config, header.invisibleTime) ??
      (await this.acks.changeInvisibility(header, header.invisibleTime, header.suspend === true));
    if (isRefusal(outcome)) return { code: outcome.code, remark: outcome.remark, header: NO_NUMBERS };
    return { code: 'SUCCESS', header: outcome };
  }

  /** Apache moves its key-value store of POP records back into the revive topic; here everything is there already. */
  @Handles(POP_ROLLBACK)
  rollback(): Reply<RollbackRow> {
    return { code: 'SUCCESS' };
  }
}
