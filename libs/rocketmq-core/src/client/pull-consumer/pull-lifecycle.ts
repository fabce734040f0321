// Start and end of a consumer that pulls, whichever kind it is. Must never let a member leave its group before its offsets are committed.
import { NotStartedError } from '../../errors/index.js';
import type { SubscriptionData } from '../../message/index.js';
import { type ClientConfig, instanceConfigOf } from '../client-config.js';
import { checkFilters } from '../consumer/filter-check.js';
import type { OffsetStore } from '../consumer/offset-store.js';
import type { MessageModel } from '../consumer/push-consumer-settings.js';
import type { ClientInstance, ConsumerMember } from '../instance/client-instance.js';
import { ClientRegistry } from '../instance/client-registry.js';
import { resolvePorts } from '../ports.js';

export interface PullingMember extends ConsumerMember {
  readonly instance: ClientInstance;
  readonly subscriptions: ReadonlyMap<string, SubscriptionData>;
  readonly offsets: OffsetStore;
  /** Brokers know of it now. */
  start(): void;
  /** Ends pulls and waits, commits. */
  stop(): Promise<void>;
}

interface Running<Member> {
  readonly registry: ClientRegistry;
  readonly member: Member;
}

export class PullLifecycle<Member extends PullingMember> {
  private readonly what: string;
  private running: Running<Member> | undefined;
  private state: 'not started' | 'starting' | 'running' | 'shut down' = 'not started';

  constructor(what: string) {
    this.what = what;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Undefined unless running. */
  get member(): Member | undefined {
    return this.running?.member;
  }

  /** Throws when it runs or ran already. */
  requireNew(consumerGroup: string): void {
    if (this.state !== 'not started') throw new NotStartedError(this.name(consumerGroup), `${this.state} already`);
  }

  require(consumerGroup: string): Member {
    if (this.running === undefined) throw new NotStartedError(this.name(consumerGroup), this.state);
    return this.running.member;
  }

  /** Throws when no name server answers; it may then be started again. */
  async start(
    settings: ClientConfig & { readonly consumerGroup: string; readonly messageModel: MessageModel },
    create: (instance: ClientInstance) => Member,
  ): Promise<void> {
    this.requireNew(settings.consumerGroup);
    const ports = resolvePorts(settings);
    const registry = settings.registry ?? new ClientRegistry();
    // A broadcasting member finds its offset file again by its client id.
    const instance = registry.acquire(instanceConfigOf(settings, ports, settings.messageModel === 'BROADCASTING'), ports);
    this.state = 'starting';
    try {
      const member = create(instance);
      await member.offsets.load();
      await this.join(member, settings.namespace);
      this.running = { registry, member };
      // shutdown() may have been called meanwhile.
      if ((this.state as string) === 'shut down') await this.shutdown();
      else this.state = 'running';
    } catch (error) {
      this.state = 'not started';
      await registry.release(instance);
      throw error;
    }
  }

  /** Shutting down again does nothing. */
  async shutdown(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.state = 'shut down';
    if (running === undefined) return;
    const { member, registry } = running;
    await member.stop();
    await member.instance.unregisterConsumer(member.consumerGroup);
    await registry.release(member.instance);
  }

  private async join(member: Member, namespace: string | undefined): Promise<void> {
    const { instance, consumerGroup } = member;
    await instance.checkNameServers();
    for (const topic of member.subscribedTopics()) await instance.routes.find(topic);
    await checkFilters({ instance, consumerGroup, namespace, subscriptions: member.subscriptions.values() });
    instance.registerConsumer(member);
    instance.start();
    await instance.heartbeatToAll();
    member.start();
    instance.requestRebalance();
  }

  private name(consumerGroup: string): string {
    return `the ${this.what} ${consumerGroup}`;
  }
}
