// Each application answers what its books say about a run. Must never change them.
import { Inject, type Type } from '@nestjs/common';
import { RocketMQMessageListener, type RocketMQReplyListener } from 'nest-rocketmq';
import { type ApplicationName, FROM_THE_FIRST, ReportRequest, TOPICS } from './contracts.js';

export interface Books {
  report(run: string): object;
}

/** A listener for requests with the tag `report-<application>`; a class of its own for each application. */
export function reportDeskOf(application: ApplicationName, books: Type<Books>): Type<RocketMQReplyListener<ReportRequest, object>> {
  @RocketMQMessageListener({
    topic: TOPICS.desk,
    consumerGroup: `demo-shop-${application}-report`,
    selectorExpression: `report-${application}`,
    messageType: ReportRequest,
    consumeFromWhere: FROM_THE_FIRST,
  })
  class ReportDesk implements RocketMQReplyListener<ReportRequest, object> {
    constructor(@Inject(books) private readonly source: Books) {}

    async onRequest({ run }: ReportRequest): Promise<object> {
      return this.source.report(run);
    }
  }
  return ReportDesk;
}
