// Queries: messages found again by key, by both kinds of id and by time, also after the broker was restarted; a list sent in several batches.
import { DefaultMQProducer, Message, MessageNotFoundError } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoQuery';
const PARTS = 12;
const PART_BYTES = 500_000;

export const queryStory: Story = {
  name: 'core/query',
  title: 'Queries: by key, by id, by time; lists of any length',
  run: tell,
};

async function tell({ nameServer, cluster, print, runId }: StoryContext): Promise<void> {
  await using producer = new DefaultMQProducer({ producerGroup: 'demo-query', namesrvAddr: nameServer });
  await producer.start();
  const key = `order-${runId}`;
  /** Indexes are built behind the answer to a send: Apache's brokers may need a moment. */
  const find = async (word: string, count: number): Promise<string[]> => {
    let texts: string[] = [];
    await waitFor(JOIN_LIMIT_MS, async () => {
      const found = await producer.queryMessage(TOPIC, word).catch((error: unknown) => {
        if (error instanceof MessageNotFoundError) return undefined;
        throw error;
      });
      texts = found?.messageList.map((message) => message.text()) ?? [];
      return texts.length >= count;
    });
    return texts;
  };

  print.step('three messages of one order, each with a key of its own besides');
  const results = [];
  for (const n of [1, 2, 3]) results.push(await producer.send(new Message(TOPIC, 'event', [key, `${key}-${n}`], `event ${n}`)));
  const all = await find(key, 3);
  print.line(`by ${key}: ${all.toSorted().join(', ')}`);
  print.check('all three by the key they share', all.length === 3);
  print.check('one by its own', (await find(`${key}-2`, 1)).join() === 'event 2');

  print.step('by id and by time');
  const [first, second] = results;
  const byId = await producer.viewMessage(TOPIC, first!.msgId);
  const byPlace = await producer.viewMessage(TOPIC, second!.offsetMsgId);
  print.line(`${first!.msgId}: ${byId.text()}; ${second!.offsetMsgId}: ${byPlace.text()}`);
  print.check('the client id and the place find their messages', byId.text() === 'event 1' && byPlace.text() === 'event 2');
  const offset = await producer.searchOffset(first!.messageQueue, byId.storeTimestamp);
  print.check('the offset of a time is not behind its message', offset <= first!.queueOffset);
  const nothing = await producer.queryMessage(TOPIC, `${key}-none`).catch((error: unknown) => error);
  print.check('nothing found is an error of its own', nothing instanceof MessageNotFoundError);

  print.step(`${PARTS} messages of ${PART_BYTES} bytes as one list`);
  const list = Array.from({ length: PARTS }, (_, i) => new Message(TOPIC, 'part', `${key}-part-${i}`, Buffer.alloc(PART_BYTES, 'x')));
  const { msgId, parts } = await producer.send(list, { splitBatches: true });
  print.line(`${msgId.split(',').length} messages in ${parts!.length} batches`);
  print.check('more than one batch, every message with an id', parts!.length > 1 && msgId.split(',').length === PARTS);

  if (cluster === undefined) return;
  print.step('the broker is restarted');
  await cluster.restartBroker();
  await waitFor(JOIN_LIMIT_MS, async () => (await producer.queryMessage(TOPIC, key).catch(() => undefined)) !== undefined);
  print.check('everything is still found', (await find(key, 3)).length === 3 && (await find(`${key}-part-11`, 1)).length === 1);
}
