// Receiving by hand the Nest way: the option pullConsumer, and template.receive(type, timeout).
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestReceive';
const MESSAGES = 5;
const POLL_MS = 500;

class Parcel {
  run!: string;
  id!: number;
}

@Module({})
class ParcelModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: ParcelModule,
      imports: [
        RocketMQModule.forRoot({
          nameServer,
          producer: { group: 'demo-nest-parcels' },
          pullConsumer: { group: 'demo-nest-receive', topic: TOPIC, selectorExpression: 'parcel' },
        }),
      ],
    };
  }
}

export const nestReceiveStory: Story = {
  name: 'nest/receive',
  title: 'Receiving by hand in Nest: template.receive',
  run: ({ nameServer, print, runId }) =>
    withApplication(ParcelModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      print.step(`${MESSAGES} parcels and a letter`);
      for (let id = 1; id <= MESSAGES; id++) await template.syncSend(`${TOPIC}:parcel`, { run: runId, id });
      await template.syncSend(`${TOPIC}:letter`, { run: runId, id: 0 });
      const parcels: Parcel[] = [];
      await waitFor(JOIN_LIMIT_MS, async () => {
        for (const parcel of await template.receive(Parcel, POLL_MS)) if (parcel.run === runId) parcels.push(parcel);
        return parcels.length >= MESSAGES;
      });
      print.line(`received: ${parcels.map(({ id }) => id).toSorted().join(', ')}`); // prettier-ignore
      const ids = parcels.map(({ id }) => id).toSorted();
      print.check(
        'all parcels came, as Parcels, and no letter',
        ids.join() === '1,2,3,4,5' && parcels.every((each) => each instanceof Parcel),
      );
    }),
};
