// A push consumer that filters by properties: the broker evaluates a SQL92 expression, what does not match never leaves it.
import { DefaultMQProducer, DefaultMQPushConsumer, IllegalSubscriptionError, Message, MessageSelector } from 'rocketmq-core';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';

const TOPIC = 'DemoSqlFilter';
const EXPRESSION = "amount > 100 AND region IN ('eu', 'us')";
const SALES = [
  [50, 'eu'],
  [150, 'eu'],
  [250, 'us'],
  [350, 'asia'],
] as const;

export const sqlFilterStory: Story = {
  name: 'core/sql-filter',
  title: 'A push consumer with a filter on properties (SQL92)',
  async run({ nameServer, print, runId }: StoryContext): Promise<void> {
    await using producer = new DefaultMQProducer({ producerGroup: 'demo-sql-filter-producer', namesrvAddr: nameServer });
    await producer.start();
    const sell = async (amount: number, region: string): Promise<void> => {
      const message = new Message(TOPIC, 'sold', `${runId}-${amount}`, Buffer.from(`${amount} in ${region}`));
      message.putUserProperty('amount', String(amount));
      message.putUserProperty('region', region);
      await producer.send(message);
    };

    print.step(`sales of ${SALES.map(([amount, region]) => `${amount} in ${region}`).join(', ')}`);
    for (const [amount, region] of SALES) await sell(amount, region);

    print.step(`a consumer subscribes to ${EXPRESSION}`);
    const received: string[] = [];
    await using consumer = new DefaultMQPushConsumer({
      consumerGroup: 'demo-sql-filter',
      namesrvAddr: nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe(TOPIC, MessageSelector.bySql(EXPRESSION));
    consumer.registerMessageListener((messages) => {
      for (const message of messages) if (message.keys?.startsWith(runId) === true) received.push(message.text());
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    await waitFor(JOIN_LIMIT_MS, () => received.length >= 2);

    print.step('three more sales while it waits: 10 in eu, 20 in us, 500 in us');
    for (const [amount, region] of [[10, 'eu'], [20, 'us'], [500, 'us']] as const) await sell(amount, region); // prettier-ignore
    await waitFor(JOIN_LIMIT_MS, () => received.length >= 3);
    for (const text of received) print.line(text);
    print.check(
      'those above 100 in eu and us came, no other',
      received.toSorted().join() === '150 in eu,250 in us,500 in us',
      received.join(),
    );

    print.step("a consumer wants to subscribe to: region != 'eu'");
    const refusal = refusalOf("region != 'eu'");
    print.line(String(refusal?.message));
    print.check('it is told the column', refusal?.context['column'] === 8);
  },
};

function refusalOf(sql: string): IllegalSubscriptionError | undefined {
  try {
    MessageSelector.bySql(sql);
    return undefined;
  } catch (error) {
    return error instanceof IllegalSubscriptionError ? error : undefined;
  }
}
