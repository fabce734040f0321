// Every way to send the Nest way: one injected template.
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import {
  type MessageContext,
  MessageBuilder,
  RocketMQHeaders,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  type SendResult,
} from 'nest-rocketmq';
import { SystemClock } from 'rocketmq-core/common';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestSend';
/** Delay level 1: one second. */
const SOON = 1;
const clock = new SystemClock();

class Note {
  run!: string;
  text!: string;
}

@Injectable()
class Inbox {
  readonly notes = new Map<string, { at: number; context: MessageContext }>();
}

@RocketMQMessageListener({ topic: TOPIC, consumerGroup: 'demo-nest-send', selectorExpression: 'note', messageType: Note })
class NoteListener {
  constructor(private readonly inbox: Inbox) {}

  onMessage({ run, text }: Note, context: MessageContext): void {
    this.inbox.notes.set(`${run} ${text}`, { at: clock.now(), context });
  }
}

@Module({})
class NoteModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: NoteModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-send-producer' } })],
      providers: [Inbox, NoteListener],
    };
  }
}

export const nestSendStory: Story = {
  name: 'nest/send',
  title: 'Every way to send in Nest',
  run: ({ nameServer, print, runId }) =>
    withApplication(NoteModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const { notes } = application.get(Inbox);
      const note = (text: string): Note => ({ run: runId, text });
      const show = (way: string, { sendStatus, messageQueue }: SendResult): void =>
        print.line(`${way.padEnd(16)} ${sendStatus}, queue ${messageQueue.queueId}`);

      print.step('syncSend, asyncSend, sendOneWay, convertAndSend');
      show('syncSend', await template.syncSend(`${TOPIC}:note`, note('sync'), { keys: ['k1', 'k2'], headers: { source: 'demo' } }));
      show('asyncSend', await template.asyncSend(`${TOPIC}:note`, note('async')));
      await template.sendOneWay(`${TOPIC}:note`, note('one-way'));
      print.line('sendOneWay       no answer: nothing tells whether it arrived');
      show('convertAndSend', await template.convertAndSend(`${TOPIC}:note`, note('converted')));

      print.step('sendBatch, syncSendOrderly, a delay, a Message with headers');
      show(
        'sendBatch',
        await template.sendBatch(
          `${TOPIC}:note`,
          ['one', 'two'].map((n) => note(`batch ${n}`)),
        ),
      );
      show('syncSendOrderly', await template.syncSendOrderly(`${TOPIC}:note`, note('by key'), 'order-7'));
      const sentAt = clock.now();
      show('delayLevel 1', await template.syncSend(`${TOPIC}:note`, note('later'), { delayLevel: SOON }));
      const message = MessageBuilder.withPayload(note('with headers')).setHeader(RocketMQHeaders.KEYS, 'k3').build();
      show('Message', await template.syncSend(`${TOPIC}:note`, message));

      const mine = (): string[] => [...notes.keys()].filter((key) => key.startsWith(`${runId} `));
      await waitFor(JOIN_LIMIT_MS, () => mine().length >= 9);
      print.check('all nine arrived as notes', mine().length === 9, mine().join(', '));
      const sync = notes.get(`${runId} sync`)?.context;
      print.check('keys and headers came along', sync?.keys.join() === 'k1,k2' && sync.properties.get('source') === 'demo');
      const waited = (notes.get(`${runId} later`)?.at ?? 0) - sentAt;
      print.check('the delayed one took its second', waited >= 900, `${waited} ms`);
    }),
};
