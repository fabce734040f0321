// Serves END_TRANSACTION: the codes and texts of Apache's [java EndTransactionProcessor]. Must never decide anything itself.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import type { Logger } from 'rocketmq-core/common';
import { SYS_FLAG } from 'rocketmq-core/message';
import { END_TRANSACTION } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { BROKER_CONFIG, BROKER_LOGGER } from '../tokens.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { TransactionService } from '../transaction/transaction-service.js';

@Injectable()
export class TransactionProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_LOGGER) private readonly logger: Logger,
    private readonly transactions: TransactionService,
  ) {}

  @Handles(END_TRANSACTION)
  async end({ header, connection }: ServedRequest<typeof END_TRANSACTION>): Promise<Reply<typeof END_TRANSACTION>> {
    if (this.config.brokerRole === 'SLAVE') return fail('SLAVE_NOT_AVAILABLE', 'a slave ends no transactions');
    const decision = header.commitOrRollback;
    // Unknown, or no decision at all: the check asks again.
    if (decision !== SYS_FLAG.TRANSACTION_COMMIT && decision !== SYS_FLAG.TRANSACTION_ROLLBACK) return { code: 'SUCCESS' };
    const refusal = await this.transactions.end({
      producerGroup: header.producerGroup,
      queueOffset: header.tranStateTableOffset,
      physicalOffset: header.commitLogOffset,
      commit: decision === SYS_FLAG.TRANSACTION_COMMIT,
      fromCheck: header.fromTransactionCheck ?? false,
    });
    if (refusal === undefined) return { code: 'SUCCESS' };
    // Most producers send it one-way: nobody else would ever hear of it.
    this.logger.warn('end of transaction refused', {
      producerGroup: header.producerGroup,
      msgId: header.msgId,
      address: connection.remoteAddress,
      reason: refusal.remark,
    });
    return fail(refusal.code, refusal.remark);
  }
}
