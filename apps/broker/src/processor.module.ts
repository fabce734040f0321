// The processors: one class per family of requests. Found by their @Handles methods and wired to the remoting server at init.
import { Module } from '@nestjs/common';
import { AssignmentProcessor } from './processor/assignment.processor.js';
import { ClientProcessor } from './processor/client.processor.js';
import { ConsumerAdminProcessor } from './processor/consumer-admin.processor.js';
import { ConsumerProcessor } from './processor/consumer.processor.js';
import { MessageProcessor } from './processor/message.processor.js';
import { OffsetProcessor } from './processor/offset.processor.js';
import { PopAckProcessor } from './processor/pop-ack.processor.js';
import { PopNotificationProcessor } from './processor/pop-notification.processor.js';
import { PopProcessor } from './processor/pop.processor.js';
import { PullProcessor } from './processor/pull.processor.js';
import { RecallProcessor } from './processor/recall.processor.js';
import { ReplyProcessor } from './processor/reply.processor.js';
import { RetryRedirect } from './processor/retry-redirect.js';
import { SendBackProcessor } from './processor/send-back.processor.js';
import { SendProcessor } from './processor/send.processor.js';
import { TransactionProcessor } from './processor/transaction.processor.js';

@Module({
  providers: [
    SendProcessor,
    RetryRedirect,
    SendBackProcessor,
    TransactionProcessor,
    RecallProcessor,
    ReplyProcessor,
    PullProcessor,
    OffsetProcessor,
    MessageProcessor,
    ClientProcessor,
    ConsumerProcessor,
    ConsumerAdminProcessor,
    PopProcessor,
    PopAckProcessor,
    PopNotificationProcessor,
    AssignmentProcessor,
  ],
})
export class BrokerProcessorModule {}
