// Retries and dead letters the Nest way: a throw is tried again, ReconsumeLater says when, DeadLetter gives up at once.
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { DeadLetter, type MessageContext, ReconsumeLater, RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestRetry';
const GROUP = 'demo-nest-retry';
/** Delay level 1: one second. */
const SOON = 1;

class Invoice {
  run!: string;
  kind!: 'good' | 'busy' | 'broken' | 'wrong';
}

@Injectable()
class Attempts {
  readonly seen: string[] = [];
  readonly dead: string[] = [];
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: GROUP,
  delayLevelWhenNextConsume: SOON,
  maxReconsumeTimes: 2,
  messageType: Invoice,
})
class InvoiceListener {
  constructor(private readonly attempts: Attempts) {}

  async onMessage({ run, kind }: Invoice, { reconsumeTimes }: MessageContext): Promise<void> {
    this.attempts.seen.push(`${run} ${kind} ${reconsumeTimes + 1}`);
    if (kind === 'busy' && reconsumeTimes === 0) throw new ReconsumeLater(SOON);
    if (kind === 'broken') throw new Error('always fails');
    if (kind === 'wrong') throw new DeadLetter('trying again would not help');
  }
}

@RocketMQMessageListener({ topic: `%DLQ%${GROUP}`, consumerGroup: 'demo-nest-undertaker', messageType: Invoice })
class DeadLetterListener {
  constructor(private readonly attempts: Attempts) {}

  onMessage({ run, kind }: Invoice): void {
    this.attempts.dead.push(`${run} ${kind}`);
  }
}

@Module({})
class InvoiceModule {
  static connectedTo(nameServer: string, listener: typeof InvoiceListener | typeof DeadLetterListener, attempts: Attempts): DynamicModule {
    return {
      module: InvoiceModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-retry-shop' } })],
      providers: [{ provide: Attempts, useValue: attempts }, listener],
    };
  }
}

export const nestRetryStory: Story = {
  name: 'nest/retry',
  title: 'Retries and dead letters in Nest: throw, ReconsumeLater, DeadLetter',
  async run({ nameServer, print, runId }): Promise<void> {
    const attempts = new Attempts();
    const of = (kind: string): string[] => attempts.seen.filter((line) => line.startsWith(`${runId} ${kind} `));
    await withApplication(InvoiceModule.connectedTo(nameServer, InvoiceListener, attempts), async (application) => {
      print.step("four invoices: 'good', 'busy' (asks for another second), 'broken' (throws), 'wrong' (DeadLetter)");
      const template = application.get(RocketMQTemplate);
      for (const kind of ['good', 'busy', 'broken', 'wrong']) await template.syncSend(`${TOPIC}:${kind}`, { run: runId, kind });
      await waitFor(JOIN_LIMIT_MS, () => of('busy').length >= 2 && of('broken').length >= 3 && of('wrong').length >= 1);
      for (const line of attempts.seen) if (line.startsWith(runId)) print.line(`attempt: ${line.slice(runId.length + 1)}`);
    });
    print.step(`another application reads %DLQ%${GROUP}`);
    await withApplication(InvoiceModule.connectedTo(nameServer, DeadLetterListener, attempts), async () => {
      await waitFor(JOIN_LIMIT_MS, () => attempts.dead.filter((line) => line.startsWith(runId)).length >= 2);
    });
    const dead = attempts.dead.filter((line) => line.startsWith(runId)).map((line) => line.slice(runId.length + 1));
    print.line(`dead letters: ${dead.join(', ')}`);
    const counts = ['good', 'busy', 'broken', 'wrong'].map((kind) => of(kind).length);
    print.check("attempts: 'good' 1, 'busy' 2, 'broken' 3, 'wrong' 1", counts.join() === '1,2,3,1', counts.join());
    print.check("'broken' and 'wrong' are the dead letters", dead.toSorted().join() === 'broken,wrong', dead.join());
  },
};
