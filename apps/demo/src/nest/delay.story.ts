// Messages delivered later the Nest way: Spring's names, and options of every send.
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { type MessageContext, RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import { SystemClock } from 'rocketmq-core/common';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestDelay';
/** Brokers look at a level every 100 ms, and clocks differ by a little. */
const EARLY_MS = 200;
const clock = new SystemClock();

@Injectable()
class Alarms {
  /** When each became visible. */
  readonly rung = new Map<string, number>();
}

@RocketMQMessageListener({
  topic: TOPIC,
  consumerGroup: 'demo-nest-delay',
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class AlarmListener {
  constructor(private readonly alarms: Alarms) {}

  onMessage(text: string, { message }: MessageContext): void {
    this.alarms.rung.set(text, message.storeTimestamp);
  }
}

@Module({})
class AlarmModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: AlarmModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-delay-producer' } })],
      providers: [Alarms, AlarmListener],
    };
  }
}

export const nestDelayStory: Story = {
  name: 'nest/delay',
  title: 'Messages delivered later in Nest: delayLevel, delaySeconds, delayMs, deliverAt (brokers from 5.0 on)',
  run: ({ nameServer, print, runId }) =>
    withApplication(AlarmModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const { rung } = application.get(Alarms);
      const sends: Array<{ what: string; waitMs: number; send: (text: string) => Promise<unknown> }> = [
        { what: 'delayLevel 1', waitMs: 1000, send: (text) => template.syncSend(TOPIC, text, { delayLevel: 1 }) },
        { what: 'delayMs 1300', waitMs: 1300, send: (text) => template.asyncSend(TOPIC, text, { delayMs: 1300 }) },
        { what: 'syncSendDelayTimeSeconds', waitMs: 2000, send: (text) => template.syncSendDelayTimeSeconds(TOPIC, text, 2) },
        {
          what: 'deliverAt a Date',
          waitMs: 1500,
          send: (text) => template.syncSend(TOPIC, text, { deliverAt: new Date(clock.now() + 1500) }),
        },
      ];
      print.step(sends.map(({ what }) => what).join(', '));
      const sentAt = new Map<string, number>();
      for (const { what, send } of sends) {
        sentAt.set(what, clock.now());
        await send(`${runId} ${what}`);
      }
      const waitedMs = (what: string): number => (rung.get(`${runId} ${what}`) ?? Infinity) - sentAt.get(what)!;
      await waitFor(JOIN_LIMIT_MS, () => sends.every(({ what }) => waitedMs(what) < Infinity));
      for (const { what } of sends) print.line(`${what.padEnd(26)} became visible after ${waitedMs(what)} ms`);
      print.check(
        'all of them came',
        sends.every(({ what }) => waitedMs(what) < Infinity),
      );
      const early = sends.filter(({ what, waitMs }) => waitedMs(what) < waitMs - EARLY_MS);
      print.check('none of them early', early.length === 0, early.map(({ what }) => what).join());
    }),
};
