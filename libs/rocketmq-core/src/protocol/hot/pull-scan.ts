// Reads a PULL_MESSAGE / LITE_PULL_MESSAGE header where it lies in the frame [java PullMessageRequestHeader#decode].
// Must never interpret a subscription: that is the derived path's work.
import { FrameScan } from './frame-scan.js';

/** sysFlag bits of a pull [java PullSysFlag]. */
export const PULL_COMMIT_OFFSET = 1;
export const PULL_SUSPEND = 2;
export const PULL_SUBSCRIPTION = 4;
export const PULL_CLASS_FILTER = 8;
export const PULL_LITE = 16;

const LETTER_C = 0x63;
const LETTER_M = 0x6d;
const LETTER_Q = 0x71;
const LETTER_S = 0x73;
const LETTER_T = 0x74;

const ALL_FIELDS = 255;
const UNUSUAL = -1;

/** A pull, field by field; ranges point into the frame. One object is reused for every frame. */
export class PullScan {
  groupStart = 0;
  groupEnd = 0;
  topicStart = 0;
  topicEnd = 0;
  queueId = 0;
  queueOffset = 0;
  maxMsgNums = 0;
  sysFlag = 0;
  commitOffset = 0;
  subVersion = 0;

  /** False: a field is missing or unusual, or the request carries its own subscription. */
  read(scan: FrameScan): boolean {
    let seen = 0;
    for (let i = 0; i < scan.fieldCount; i++) {
      const field = this.take(scan, i);
      if (field === UNUSUAL) return false;
      seen |= field;
    }
    // NaN fails every comparison.
    return (
      seen === ALL_FIELDS &&
      this.queueId >= 0 &&
      this.queueOffset >= 0 &&
      this.maxMsgNums > 0 &&
      this.commitOffset >= 0 &&
      this.subVersion >= 0 &&
      this.sysFlag >= 0 &&
      (this.sysFlag & (PULL_SUBSCRIPTION | PULL_CLASS_FILTER)) === 0
    );
  }

  /** Takes one field by the length and first letter of its name; returns its bit, 0 for one of no interest, UNUSUAL for the derived path. */
  private take(scan: FrameScan, i: number): number {
    const keyStart = scan.keyStart[i]!;
    const first = scan.bytes[keyStart]!;
    switch (scan.keyEnd[i]! - keyStart) {
      case 5: // topic, bname
        if (first !== LETTER_T) return 0;
        if (scan.escaped[i] === 1) return UNUSUAL;
        this.topicStart = scan.valueStart[i]!;
        this.topicEnd = scan.valueEnd[i]!;
        return 1;
      case 7: // queueId, sysFlag
        if (first === LETTER_Q) this.queueId = scan.int(i);
        else if (first === LETTER_S) this.sysFlag = scan.int(i);
        else return UNUSUAL;
        return first === LETTER_Q ? 2 : 4;
      case 10: // maxMsgNums, subVersion
        if (first === LETTER_M) this.maxMsgNums = scan.int(i);
        else if (first === LETTER_S) this.subVersion = scan.int(i);
        else return UNUSUAL;
        return first === LETTER_M ? 8 : 16;
      case 11: // queueOffset, maxMsgBytes
        if (first !== LETTER_Q) return 0;
        this.queueOffset = scan.int(i);
        return 32;
      case 12: // commitOffset, subscription
        if (first !== LETTER_C) return UNUSUAL;
        this.commitOffset = scan.int(i);
        return 64;
      case 13: // consumerGroup, requestSource (proxies only)
        if (first !== LETTER_C || scan.escaped[i] === 1) return UNUSUAL;
        this.groupStart = scan.valueStart[i]!;
        this.groupEnd = scan.valueEnd[i]!;
        return 128;
      case 2: // ns, lo
      case 3: // nsd
      case 4: // ReqT, oway
      case 14: // expressionType
      case 20: // suspendTimeoutMillis
        return 0;
      default:
        return UNUSUAL;
    }
  }
}
