// Gathers traces and sends them a few at a time [java AsyncTraceDispatcher]. Tracing never slows what it traces: what does not fit is dropped
// and counted, and a trace that cannot be sent is told of, not tried again for ever.
import { BoundedQueue, type Clock, type Logger, reasonOf, type Timer } from '../../common/index.js';
import { Message } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import { type EncodedTrace, encodeTrace, topicOf, type TraceContext } from './trace-record.js';

export const DEFAULT_TRACE_TOPIC = 'RMQ_SYS_TRACE_TOPIC';
/** Topic of a cloud's own tracing, followed by the region. */
const CLOUD_TOPIC_PREFIX = 'rmq_sys_TRACE_DATA_';

/** Traces that may wait; those above are dropped. */
export const WAITING_TRACES_MAX = 2048;
/** Trace messages on their way at once; while the broker is slow, traces wait. */
export const SENDING_MAX = 64;
/** However many a setting asks for, no message holds more traces. */
const BATCH_MAX = 20;
const FLUSH_INTERVAL_MS = 5000;
/** Text of one trace message in characters; longer ones are cut into several. */
export const TRACE_TEXT_MAX = 128_000;
export const TRACE_SEND_TIMEOUT_MS = 5000;
/** How long a shutdown waits for traces that are still under way. */
const CLOSE_LIMIT_MS = 5000;

/** What the traces go out with: a producer of their own, which is not traced itself. */
export interface TraceSender {
  start(): Promise<void>;
  send(message: Message, timeoutMs: number): Promise<unknown>;
  shutdown(): Promise<void>;
}

export interface TraceDispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sender: TraceSender;
  readonly traceTopic: string;
  /** Traces per message. */
  readonly batchNum: number;
  readonly cloud: boolean;
}

export class TraceDispatcher {
  readonly traceTopic: string;
  private readonly options: TraceDispatcherOptions;
  private readonly waiting = new BoundedQueue<TraceContext>(WAITING_TRACES_MAX);
  private readonly sending: BackgroundTasks;
  private readonly batchNum: number;
  private timer: Timer | undefined;
  private underWay = 0;
  private closing = false;
  private dropped = 0;
  private failed = 0;

  constructor(options: TraceDispatcherOptions) {
    this.options = options;
    this.traceTopic = options.traceTopic;
    this.batchNum = Math.min(options.batchNum, BATCH_MAX);
    this.sending = new BackgroundTasks(options.logger);
  }

  /** Traces dropped because too many were waiting, and those of messages that could not be sent. */
  get droppedTraces(): number {
    return this.dropped + this.failed;
  }

  async start(): Promise<void> {
    await this.options.sender.start();
    this.timer = this.options.clock.setPeriodic(() => this.flush(), FLUSH_INTERVAL_MS);
  }

  append(trace: TraceContext): void {
    if (this.waiting.length >= WAITING_TRACES_MAX) {
      if (this.dropped++ === 0) this.options.logger.warn(`more than ${WAITING_TRACES_MAX} traces are waiting: those above are dropped`);
      return;
    }
    this.waiting.push(trace);
    if (this.waiting.length >= this.batchNum) this.flush();
  }

  /** Sends what waits, then closes; resolves within its limit whatever the broker does. */
  async shutdown(): Promise<void> {
    this.timer?.cancel();
    this.closing = true;
    this.flush();
    const { clock, sender } = this.options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, CLOSE_LIMIT_MS);
      void this.sending.settled().then(() => {
        timer.cancel();
        resolve();
      });
    });
    await sender.shutdown();
    this.giveUp();
  }

  /** What still waits when the time is over is dropped, and counted like the rest. */
  private giveUp(): void {
    const { length } = this.waiting;
    if (length === 0) return;
    while (this.waiting.shift() !== undefined);
    this.dropped += length;
    this.options.logger.warn(`${length} traces were not sent before shutdown`);
  }

  private flush(): void {
    while (this.waiting.length > 0 && this.underWay < SENDING_MAX) {
      const batch: TraceContext[] = [];
      for (let trace = this.waiting.shift(); trace !== undefined; trace = this.waiting.shift()) {
        batch.push(trace);
        if (batch.length >= this.batchNum) break;
      }
      this.sendBatch(batch);
    }
  }

  /** One message per traced topic and trace topic, as Java groups them. */
  private sendBatch(batch: readonly TraceContext[]): void {
    const groups = new Map<string, { traceTopic: string; traces: EncodedTrace[] }>();
    for (const trace of batch) {
      const traceTopic = this.options.cloud ? CLOUD_TOPIC_PREFIX + trace.regionId : this.traceTopic;
      const key = `${topicOf(trace)}\u0001${traceTopic}`;
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { traceTopic, traces: [] }));
      group.traces.push(encodeTrace(trace));
    }
    for (const { traceTopic, traces } of groups.values()) {
      for (const part of partsOf(traces)) {
        this.underWay++;
        this.sending.run('sending traces', () => this.sendPart(traceTopic, part));
      }
    }
  }

  private async sendPart(traceTopic: string, part: readonly EncodedTrace[]): Promise<void> {
    const keys = [...new Set(part.flatMap((trace) => trace.keys))];
    try {
      const message = new Message({ topic: traceTopic, keys, body: part.map(({ data }) => data).join('') });
      await this.options.sender.send(message, TRACE_SEND_TIMEOUT_MS);
    } catch (error) {
      this.failed += part.length;
      this.options.logger.warn(`${part.length} traces were not sent: ${reasonOf(error)}`);
    }
    this.underWay--;
    if (this.closing || this.waiting.length >= this.batchNum) this.flush();
  }
}

function* partsOf(traces: readonly EncodedTrace[]): Generator<EncodedTrace[]> {
  let part: EncodedTrace[] = [];
  let length = 0;
  for (const trace of traces) {
    part.push(trace);
    length += trace.data.length;
    if (length < TRACE_TEXT_MAX) continue;
    yield part;
    part = [];
    length = 0;
  }
  if (part.length > 0) yield part;
}
