// The broker's start and stop, in order: store, state, ports, holds and timers, name servers; back in reverse.
// Must never announce a broker that cannot serve, nor close the store while something may still write to it.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRemotingServer, type LifecycleStep, OrderedLifecycle } from 'nest-rocketmq/server';
import type { Logger } from 'rocketmq-core/common';
import type { RemotingClient, RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { ClientScan } from '../client/client-scan.js';
import { ConsumerChangeNotifier } from '../client/consumer-change-notifier.js';
import { ConsumerTable } from '../client/consumer-table.js';
import { describeConflict } from '../client/subscription-conflicts.js';
import { ProducerTable } from '../client/producer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { HotPathStarter } from '../data-plane/hot-path-starter.js';
import { PullRequestHold } from '../longpolling/pull-request-hold.js';
import { PopConsumption } from '../pop/pop-consumption.js';
import { RegisterService } from '../registration/register-service.js';
import { ScheduleService } from '../schedule/schedule-service.js';
import { TimerService } from '../timer/timer-service.js';
import { BROKER_CONFIG, BROKER_LOGGER, MESSAGE_STORE, NAME_SERVER_CLIENT } from '../tokens.js';
import { TransactionService } from '../transaction/transaction-service.js';
import { BrokerAddress } from './broker-address.js';
import { ListenPorts } from './listen-ports.js';
import { StateFiles } from './state-files.js';
import { StateSettled } from './state-settled.js';

@Injectable()
export class BrokerLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly lifecycle: OrderedLifecycle;

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_LOGGER) private readonly logger: Logger,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    @Inject(NAME_SERVER_CLIENT) private readonly nameServers: RemotingClient,
    @InjectRemotingServer() private readonly server: RemotingServer,
    private readonly state: StateFiles,
    private readonly ports: ListenPorts,
    readonly address: BrokerAddress,
    private readonly holds: PullRequestHold,
    private readonly schedule: ScheduleService,
    private readonly timers: TimerService,
    private readonly transactions: TransactionService,
    private readonly pop: PopConsumption,
    private readonly registration: RegisterService,
    private readonly clients: ClientScan,
    private readonly hotPath: HotPathStarter,
    producers: ProducerTable,
    consumers: ConsumerTable,
    notifier: ConsumerChangeNotifier,
    settled: StateSettled,
  ) {
    server.onConnectionClosed((connection) => {
      producers.forget(connection);
      consumers.forget(connection);
      holds.forget(connection);
    });
    consumers.onChange((group) => notifier.notify(group));
    consumers.onConflict((conflict) => logger.warn(describeConflict(conflict)));
    store.onArrival((queue, tagsCodeHigh, tagsCodeLow) => holds.arrived(queue, tagsCodeHigh, tagsCodeLow));
    pop.onRevived(() => state.writeOffsetsSoon());
    settled.join(() => state.settled());
    settled.join(() => registration.settled());
    this.lifecycle = new OrderedLifecycle(this.steps(), logger);
  }

  /** Starts the broker; rejects when it cannot serve, with everything closed again. */
  async onApplicationBootstrap(): Promise<void> {
    await this.lifecycle.start();
    this.logger.info(this.bootLine());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.lifecycle.stop();
  }

  /** Apache's line, which people and scripts look for. */
  bootLine(): string {
    const { config, address } = this;
    const line = `The broker[${config.brokerName}, ${address.brokerAddr}] boot success. serializeType=JSON`;
    return config.namesrvAddr.length === 0 ? line : `${line} and name server is ${config.namesrvAddr.join(';')}`;
  }

  private steps(): LifecycleStep[] {
    return [
      { name: 'store', start: () => this.store.open(), stop: () => this.store.close() },
      { name: 'state', start: () => this.state.start(), stop: () => this.state.stop() },
      { name: 'POP offsets', start: () => this.pop.recover() },
      { name: 'delayed messages', start: () => this.schedule.start(), stop: () => this.schedule.stop() },
      { name: 'timers', start: () => this.timers.start(), stop: () => this.timers.stop() },
      { name: 'transactions', start: () => this.transactions.start(), stop: () => this.transactions.stop() },
      { name: 'ports', start: () => this.openPorts(), stop: () => this.closePorts() },
      { name: 'held pulls', start: () => this.holds.start(), stop: () => this.holds.stop() },
      { name: 'POP consumption', start: () => this.pop.start(), stop: () => this.pop.stop() },
      { name: 'clients', start: () => this.clients.start(), stop: () => this.clients.stop() },
      { name: 'name server connections', stop: () => this.nameServers.shutdown() },
      { name: 'registration', start: () => this.registration.start(), stop: () => this.registration.stop() },
    ];
  }

  private async openPorts(): Promise<void> {
    await this.ports.listen();
    this.hotPath.start();
  }

  /** The hot path goes last: as long as a connection is open, what it took it has to answer. */
  private async closePorts(): Promise<void> {
    await this.server.close();
    this.hotPath.stop();
  }
}
