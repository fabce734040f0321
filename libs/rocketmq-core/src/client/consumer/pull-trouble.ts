// Tells of pulls that fail: when it begins, ever more seldom while it lasts, when it is over; once per topic and broker, not per queue and attempt.
// Must never delay a pull, nor write a line per attempt: a refused subscription is refused every second for as long as it stands.
import { type Clock, type Logger, reasonOf } from '../../common/index.js';
import { BrokerReplyError } from '../../errors/index.js';
import { type MessageQueue, messageQueueKey } from '../../message/index.js';
import { RESPONSE_CODES } from '../../protocol/index.js';

/** How long after the first line the second comes; each further one after twice the time. */
export const TELL_AGAIN_FIRST_MS = 2000;
export const TELL_AGAIN_MAX_MS = 30_000;
/** Different failures of one episode that are told of as soon as they come. */
const KINDS_MAX = 8;

/** The broker does not know the member, or not its subscription: the next heartbeat tells it. */
export const UNKNOWN_TO_BROKER: ReadonlySet<number> = new Set([
  RESPONSE_CODES.SUBSCRIPTION_NOT_EXIST,
  RESPONSE_CODES.SUBSCRIPTION_NOT_LATEST,
  RESPONSE_CODES.FILTER_DATA_NOT_EXIST,
  RESPONSE_CODES.FILTER_DATA_NOT_LATEST,
]);
/** Answers that do not stand for long. */
const PASSING: ReadonlySet<number> = new Set([...UNKNOWN_TO_BROKER, RESPONSE_CODES.FLOW_CONTROL, RESPONSE_CODES.SYSTEM_BUSY]);

interface Episode {
  readonly since: number;
  readonly kinds: Set<string>;
  /** Keys of the queues whose last pull failed. */
  readonly queues: Set<string>;
  attempts: number;
  pauseMs: number;
  tellAgainAt: number;
}

export class PullTrouble {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly consumerGroup: string;
  private readonly episodes = new Map<string, Episode>();

  constructor(clock: Clock, logger: Logger, consumerGroup: string) {
    this.clock = clock;
    this.logger = logger;
    this.consumerGroup = consumerGroup;
  }

  /** `offset` undefined: where to begin could not be found out. */
  failed(queue: MessageQueue, offset: number | undefined, error: unknown): void {
    const now = this.clock.monotonic();
    const episode = this.episodeOf(queue, now);
    episode.attempts++;
    episode.queues.add(messageQueueKey(queue));
    const kind = kindOf(error);
    const isNew = !episode.kinds.has(kind) && episode.kinds.size < KINDS_MAX;
    if (!isNew && now < episode.tellAgainAt) return;
    if (isNew) episode.kinds.add(kind);
    else episode.pauseMs = Math.min(TELL_AGAIN_MAX_MS, episode.pauseMs * 2);
    episode.tellAgainAt = now + episode.pauseMs;
    this.tell(queue, episode, { now, isNew, error, offset });
  }

  succeeded(queue: MessageQueue): void {
    if (this.episodes.size > 0) this.leave(queue, 'works again');
  }

  /** The queue is no longer ours to pull. */
  gone(queue: MessageQueue): void {
    if (this.episodes.size > 0) this.leave(queue, 'is no longer tried');
  }

  private episodeOf(queue: MessageQueue, now: number): Episode {
    const key = episodeKey(queue);
    const known = this.episodes.get(key);
    if (known !== undefined) return known;
    const episode = {
      since: now,
      kinds: new Set<string>(),
      queues: new Set<string>(),
      attempts: 0,
      pauseMs: TELL_AGAIN_FIRST_MS,
      tellAgainAt: 0,
    };
    this.episodes.set(key, episode);
    return episode;
  }

  private tell(
    { topic, brokerName, queueId }: MessageQueue,
    { since, queues, attempts }: Episode,
    { now, isNew, error, offset }: { now: number; isNew: boolean; error: unknown; offset: number | undefined },
  ): void {
    const fields = { consumerGroup: this.consumerGroup, queueId, offset, queues: queues.size, attempts };
    if (!isNew) {
      this.logger.warn(`pulling ${topic} from ${brokerName} still fails after ${secondsOf(now - since)} s: ${reasonOf(error)}`, fields);
    } else if (error instanceof BrokerReplyError && !PASSING.has(error.responseCode)) {
      this.logger.error(`pulling ${topic} from ${brokerName} is refused, it is tried again until it works: ${reasonOf(error)}`, fields);
    } else {
      this.logger.warn(`pulling ${topic} from ${brokerName} fails, it is tried again until it works: ${reasonOf(error)}`, fields);
    }
  }

  private leave(queue: MessageQueue, how: string): void {
    const key = episodeKey(queue);
    const episode = this.episodes.get(key);
    if (episode === undefined || !episode.queues.delete(messageQueueKey(queue)) || episode.queues.size > 0) return;
    this.episodes.delete(key);
    const { attempts, since } = episode;
    const { consumerGroup } = this;
    this.logger.info(`pulling ${queue.topic} from ${queue.brokerName} ${how} after ${secondsOf(this.clock.monotonic() - since)} s`, {
      consumerGroup,
      attempts,
    });
  }
}

const episodeKey = ({ topic, brokerName }: MessageQueue): string => `${brokerName}@${topic}`;
const kindOf = (error: unknown): string =>
  error instanceof BrokerReplyError ? `answer ${error.responseCode}` : error instanceof Error ? error.name : 'unknown';
const secondsOf = (ms: number): number => Math.round(ms / 1000);
