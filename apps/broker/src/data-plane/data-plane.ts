// The broker's hot path as remoting sees it: offered every frame first, it takes plain sends and pulls that find something.
// Must never throw and never hold a frame: what it does not take goes to the processors unchanged.
import type { Turn } from 'rocketmq-core/common';
import { FrameScan, scanHeader } from 'rocketmq-core/protocol';
import type { FrameView, HotPath, Outbox } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { PullPath } from './pull-path.js';
import type { SendPath } from './send-path.js';

const SEND_MESSAGE_V2 = 310;
const PULL_MESSAGE = 11;
const LITE_PULL_MESSAGE = 361;

const MAIN_CODES: ReadonlySet<number> = new Set([SEND_MESSAGE_V2, PULL_MESSAGE, LITE_PULL_MESSAGE]);
/** The VIP port serves no pulls. */
const FAST_CODES: ReadonlySet<number> = new Set([SEND_MESSAGE_V2]);

export class DataPlane implements HotPath {
  private readonly scan = new FrameScan();

  constructor(
    private readonly sends: SendPath,
    private readonly pulls: PullPath,
  ) {}

  /** Joins the turn and the store; returns the way out. */
  join(turn: Turn, store: MessageStore): () => void {
    const leaveTurn = turn.join('answer', () => this.sends.answerConfirmed());
    const leaveStore = store.onConfirmed((_confirmedOffset, timedOut) => {
      if (timedOut) this.sends.answerTimedOut();
      else turn.request();
    });
    return () => {
      leaveTurn();
      leaveStore();
    };
  }

  accept(connection: Outbox, frame: FrameView, port: 'main' | 'fast'): boolean {
    const { scan } = this;
    const codes = port === 'main' ? MAIN_CODES : FAST_CODES;
    if (!scanHeader(scan, frame.bytes, frame.view, frame.headerStart, frame.headerEnd, frame.serializeType, codes)) return false;
    return scan.code === SEND_MESSAGE_V2 ? this.sends.accept(connection, frame, scan) : this.pulls.accept(connection, frame, scan);
  }

  get owed(): number {
    return this.sends.owedAnswers;
  }

  closed(connection: Outbox): void {
    this.sends.closed(connection);
  }

  counters(): Readonly<Record<string, number>> {
    return { hotSends: this.sends.accepted, hotPullMessages: this.pulls.messagesFound };
  }
}
