// The order story: sent, filtered, shared by two members of a group, and not delivered again after a restart of the broker.
import type { INestApplicationContext, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { SendResult } from 'nest-rocketmq';
import type { Story, StoryContext } from '../story.js';
import { JOIN_LIMIT_MS, waitUntil } from '../wait.js';
import { fetchCommittedOffsets, type CommittedOffset } from './committed-offsets.js';
import { Ledger, type LedgerEntry } from './ledger.js';
import { type Order, ORDER_STATES, ORDER_TOPIC, type OrderState } from './order.js';
import { OrderService } from './order.service.js';
import { BillingModule, ShopModule } from './shop.module.js';

const GROUP = 'demo-billing';
const ORDERS = 8;
/** Two for each of the four queues of a new topic. */
const OPENERS_A_ROUND = 8;
const DELIVERY_LIMIT_MS = 20_000;

export const orderStory: Story = {
  name: 'order',
  title: 'An order story: sent, filtered, shared by two members of a group, remembered over a restart',
  run: (context) => new OrderStory(context).run(),
};

class OrderStory {
  private readonly open: INestApplicationContext[] = [];
  private orderCount = 0;

  constructor(private readonly context: StoryContext) {}

  async run(): Promise<void> {
    try {
      // The shop's application has no listener, the one of billing is in this process too: that is no mistake to warn of here.
      const shop = await this.start(ShopModule.connectedTo(this.context.nameServer), ['error']);
      const orders = shop.get(OrderService);
      const members = await this.joinGroup(orders);
      const sent = await this.sendOrders(orders);
      await this.showConsumed(members, sent);
      await this.restart(orders, members);
    } finally {
      for (const application of this.open.toReversed()) await application.close();
    }
  }

  private async start(
    module: Parameters<typeof NestFactory.createApplicationContext>[0],
    logger: LogLevel[] = ['warn', 'error'],
  ): Promise<INestApplicationContext> {
    const application = await NestFactory.createApplicationContext(module, { logger, abortOnError: false });
    this.open.push(application);
    return application;
  }

  private async stop(application: INestApplicationContext): Promise<void> {
    this.open.splice(this.open.indexOf(application), 1);
    await application.close();
  }

  private newOrder(): Order {
    return { run: this.context.runId, id: `order-${++this.orderCount}`, amount: 10 * this.orderCount };
  }

  private async joinGroup(orders: OrderService): Promise<INestApplicationContext[]> {
    const { print, nameServer } = this.context;
    print.step(`two members join the group ${GROUP}, both with selectorExpression 'paid || shipped'`);
    await orders.announce(this.newOrder(), 'created');
    const members = [await this.start(BillingModule.connectedTo(nameServer)), await this.start(BillingModule.connectedTo(nameServer))];
    let openers = 0;
    // While a queue changes hands both may still be given messages of it: opening orders go around until each queue has one owner.
    await waitUntil('each member owns queues of its own', JOIN_LIMIT_MS, async () => {
      const round = new Set<string>();
      for (let n = 0; n < OPENERS_A_ROUND; n++) {
        const order = this.newOrder();
        round.add(order.id);
        await orders.announce(order, 'paid');
      }
      openers += round.size;
      await waitUntil('the opening orders arrived', JOIN_LIMIT_MS, () => this.consumedOf(members, round).size === round.size);
      const [first, second] = members.map((member) => this.queuesOf(member, round));
      return first!.length > 0 && second!.length > 0 && first!.every((queue) => !second!.includes(queue));
    });
    print.line(`both own queues of ${ORDER_TOPIC} (seen with ${openers} opening orders)`);
    return members;
  }

  private async sendOrders(orders: OrderService): Promise<Array<{ order: Order; state: OrderState }>> {
    const { print } = this.context;
    print.step(`the shop sends ${ORDERS} orders, each created, paid and shipped`);
    const sent: Array<{ order: Order; state: OrderState; result: SendResult }> = [];
    for (let n = 0; n < ORDERS; n++) {
      const order = this.newOrder();
      for (const state of ORDER_STATES) sent.push({ order, state, result: await orders.announce(order, state) });
    }
    print.table(
      sent.slice(0, 4).map(({ order, state, result }) => ({
        destination: `${ORDER_TOPIC}:${state}`,
        order: order.id,
        status: result.sendStatus,
        queue: `${result.messageQueue.brokerName}/${result.messageQueue.queueId}`,
        offset: result.queueOffset,
        msgId: result.msgId,
      })),
    );
    print.line(`... ${sent.length - 4} more`);
    print.check(
      `all ${sent.length} were stored (SEND_OK)`,
      sent.every(({ result }) => result.sendStatus === 'SEND_OK'),
    );
    return sent;
  }

  private async showConsumed(
    members: readonly INestApplicationContext[],
    sent: ReadonlyArray<{ order: Order; state: OrderState }>,
  ): Promise<void> {
    const { print } = this.context;
    const keyOf = (id: string, state: string): string => `${id} ${state}`;
    const wanted = sent.filter(({ state }) => state !== 'created').map(({ order, state }) => keyOf(order.id, state));
    const received = (): LedgerEntry[] => members.flatMap((member) => this.entriesOf(member));
    const missing = (): string[] => {
      const keys = new Set(received().map(({ order, tag }) => keyOf(order.id, tag)));
      return wanted.filter((key) => !keys.has(key));
    };
    print.step('the two members consume');
    await waitUntil('every paid and shipped order arrived', DELIVERY_LIMIT_MS, () => missing().length === 0).catch(() => undefined);
    const ids = new Set(sent.map(({ order }) => order.id));
    print.table(
      members.map((member, index) => {
        const entries = this.entriesOf(member).filter(({ order }) => ids.has(order.id));
        return {
          member: `billing ${index + 1}`,
          messages: entries.length,
          paid: entries.filter(({ tag }) => tag === 'paid').length,
          shipped: entries.filter(({ tag }) => tag === 'shipped').length,
          queues: this.queuesOf(member, ids).join(' '),
        };
      }),
    );
    const left = missing();
    print.check(
      `each of the ${wanted.length} paid and shipped announcements was consumed`,
      left.length === 0,
      `missing: ${left.join(', ')}`,
    );
    print.check(
      'none that was only created came through the filter',
      received().every(({ tag }) => tag === 'paid' || tag === 'shipped'),
    );
    const [first, second] = members.map((member) => this.queuesOf(member, ids));
    print.check(
      'each queue belongs to one member',
      first!.every((queue) => !second!.includes(queue)),
      `${first!.join(' ')} / ${second!.join(' ')}`,
    );
  }

  private async restart(orders: OrderService, members: readonly INestApplicationContext[]): Promise<void> {
    const { print, nameServer, cluster } = this.context;
    print.step('both members leave; closing commits their offsets');
    for (const member of members) await this.stop(member);
    const before = await fetchCommittedOffsets(nameServer, ORDER_TOPIC, GROUP);
    if (cluster === undefined) {
      print.table(before.map(({ queue, committed, maxOffset }) => ({ queue, committed, 'max offset': maxOffset })));
      print.line('the broker is not ours to restart: that step is skipped');
    } else {
      print.step('the broker stops and starts again on the same store');
      await cluster.restartBroker();
      const after = await fetchCommittedOffsets(nameServer, ORDER_TOPIC, GROUP);
      print.table(
        before.map((row, index) => ({ queue: row.queue, 'committed before': row.committed, 'and after': after[index]?.committed ?? -1 })),
      );
      print.check('the committed offsets are the same', sameOffsets(before, after));
    }
    print.step('the shop sends two more orders and one member comes back');
    const late = [this.newOrder(), this.newOrder()];
    for (const order of late) await orders.announce(order, 'paid');
    const member = await this.start(BillingModule.connectedTo(nameServer));
    await waitUntil('the late orders arrived', JOIN_LIMIT_MS, () => this.entriesOf(member).length >= late.length).catch(() => undefined);
    const ids = this.entriesOf(member).map(({ order }) => order.id);
    print.line(`consumed: ${ids.join(', ') || 'nothing'}`);
    print.check(
      'it got the two late orders and nothing it had consumed before',
      ids.toSorted().join() ===
        late
          .map(({ id }) => id)
          .toSorted()
          .join(),
    );
  }

  /** What a member got of this run: a topic on a shared cluster may hold orders of earlier ones. */
  private entriesOf(member: INestApplicationContext): LedgerEntry[] {
    return member.get(Ledger).entries.filter(({ order }) => order.run === this.context.runId);
  }

  /** Which of these orders the members were given. */
  private consumedOf(members: readonly INestApplicationContext[], ids: ReadonlySet<string>): Set<string> {
    const consumed = members.flatMap((member) => this.entriesOf(member)).map(({ order }) => order.id);
    return new Set(consumed.filter((id) => ids.has(id)));
  }

  /** Queues whose messages of these orders the member was given. */
  private queuesOf(member: INestApplicationContext, ids: ReadonlySet<string>): string[] {
    const entries = this.entriesOf(member).filter(({ order }) => ids.has(order.id));
    return [...new Set(entries.map(({ queue }) => queue))].toSorted();
  }
}

const sameOffsets = (one: readonly CommittedOffset[], other: readonly CommittedOffset[]): boolean =>
  JSON.stringify(one.map(({ queue, committed }) => [queue, committed])) ===
  JSON.stringify(other.map(({ queue, committed }) => [queue, committed]));
