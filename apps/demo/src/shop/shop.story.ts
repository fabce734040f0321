// The shop: four applications that know each other by messages alone, and a driver that orders and then checks their books. Must never leave
// an application running.
import type { Story, StoryContext } from '../story.js';
import { waitFor } from '../wait.js';
import { Audit } from './driver/audit.js';
import { Desk, type Reports } from './driver/desk.js';
import { type Host, RunningShop } from './driver/host.js';
import { deliveriesOf, ordersOf } from './driver/plan.js';

/** A broker with default settings asks about an undecided transaction after up to 66 s; some have been told to look every minute. */
const END_LIMIT_MS = 180_000;

export const shopStory: Story = {
  name: 'shop',
  title: 'A shop of four Nest applications: orders, stock, payments, notifications',
  async run(context) {
    const desk = await Desk.open(context.nameServer);
    try {
      await new ShopDay(context, desk).run();
    } finally {
      await desk.close();
    }
  },
};

class ShopDay {
  constructor(
    private readonly context: StoryContext,
    private readonly desk: Desk,
  ) {}

  async run(): Promise<void> {
    const { print, cluster, nameServer } = this.context;
    const host: Host = cluster === undefined ? 'processes of their own' : 'this process';
    await this.desk.openTopics();
    print.step(`four applications start in ${host}`);
    const shop = await RunningShop.start(host, nameServer);
    try {
      await this.order();
      await this.audit();
      print.step('the applications are told to stop');
      const ends = await shop.stop();
      const said = Object.entries(ends).map(([name, end]) => `${name} ${end}`);
      print.check(
        'each finished what it was at and closed',
        Object.values(ends).every((end) => end === 0),
        said.join(', '),
      );
    } finally {
      await shop.stop();
    }
  }

  private async order(): Promise<void> {
    const { print, runId } = this.context;
    print.step('goods are delivered, then customers order, all at once');
    for (const delivery of deliveriesOf(runId)) {
      const { id, state } = await this.desk.deliver(delivery);
      print.line(`${delivery.quantity} ${id}: ${state}`);
    }
    const receipts = await Promise.all(ordersOf(runId).map((order) => this.desk.order(order)));
    const answers = [...new Set(receipts.map(({ state }) => state))].toSorted();
    for (const answer of answers) print.line(`${receipts.filter(({ state }) => state === answer).length} answered with ${answer}`);
  }

  private async audit(): Promise<void> {
    const { print, runId } = this.context;
    print.step('until every order has come to its end');
    let reports: Reports = await this.desk.reports(runId);
    await waitFor(END_LIMIT_MS, async () => {
      reports = await this.desk.reports(runId);
      return new Audit(runId, reports).isOver();
    });
    const audit = new Audit(runId, reports);
    audit.tables(print);
    audit.check(print, await this.desk.deadLetters(runId));
  }
}
