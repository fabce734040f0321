// The message trace of a lite pull consumer: what poll() gives counts as consumed then [java DefaultLitePullConsumerImpl#poll]. Must never
// hold up or fail a poll.
import { createUniqueIdGenerator, type MessageExt } from '../../message/index.js';
import { callHooks, type ConsumeMessageContext } from '../hooks/message-hooks.js';
import { localAddress } from '../client-config.js';
import { type ClientPorts, resolvePorts } from '../ports.js';
import { DefaultMQProducer } from '../producer/default-mq-producer.js';
import type { TraceDispatcher } from '../trace/trace-dispatcher.js';
import { ConsumeTraceHook } from '../trace/trace-hooks.js';
import { startTracing } from '../trace/tracing.js';
import type { LitePullConsumerSettings } from './pull-settings.js';

export class PollTrace {
  private readonly hook: ConsumeTraceHook;
  private readonly dispatcher: TraceDispatcher;
  private readonly ports: ClientPorts;
  private readonly consumerGroup: string;

  private constructor(settings: LitePullConsumerSettings, ports: ClientPorts, dispatcher: TraceDispatcher) {
    const { clock, random } = ports;
    const nextRequestId = createUniqueIdGenerator({ clock, random, ip: localAddress(), pid: process.pid });
    const cloud = settings.accessChannel === 'CLOUD';
    this.hook = new ConsumeTraceHook({ dispatcher, clock, namespace: settings.namespace, cloud, nextRequestId });
    this.dispatcher = dispatcher;
    this.ports = ports;
    this.consumerGroup = settings.consumerGroup;
  }

  /** Undefined when tracing is off or cannot start. */
  static async start(settings: LitePullConsumerSettings): Promise<PollTrace | undefined> {
    const ports = resolvePorts(settings);
    const sender = () => DefaultMQProducer.traceSender(settings, settings.consumerGroup, 'CONSUME');
    const dispatcher = await startTracing(settings, ports, sender);
    return dispatcher === undefined ? undefined : new PollTrace(settings, ports, dispatcher);
  }

  get droppedTraces(): number {
    return this.dispatcher.droppedTraces;
  }

  /** All of one queue. */
  tell(messages: readonly MessageExt[]): void {
    const [first] = messages;
    if (first === undefined) return;
    const messageQueue = { topic: first.topic, brokerName: first.brokerName, queueId: first.queueId };
    const { consumerGroup } = this;
    const context: ConsumeMessageContext = { consumerGroup, messages, messageQueue, success: false, returnType: 'EXCEPTION' };
    callHooks([this.hook], this.ports.logger, (hook) => hook.consumeMessageBefore(context));
    context.success = true;
    context.returnType = 'SUCCESS';
    callHooks([this.hook], this.ports.logger, (hook) => hook.consumeMessageAfter(context));
  }

  async shutdown(): Promise<void> {
    await this.dispatcher.shutdown();
  }
}
