// Reads a PULL_MESSAGE / LITE_PULL_MESSAGE header where it lies in the frame [java PullMessageRequestHeader#decode].
// Must never interpret a subscription: that is the derived path's work.
import { FrameScan } from './frame-scan.js';

/** sysFlag bits of a pull [java PullSysFlag]. */
export const PULL_COMMIT_OFFSET = 1;
export const PULL_SUSPEND = 2;
export const PULL_SUBSCRIPTION = 4;
export const PULL_CLASS_FILTER = 8;
export const PULL_LITE = 16;

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
      const keyStart = scan.keyStart[i]!;
      const first = scan.bytes[keyStart]!;
      switch (scan.keyEnd[i]! - keyStart) {
        case 5: // topic, bname
          if (first !== 0x74) break;
          if (scan.escaped[i] === 1) return false;
          this.topicStart = scan.valueStart[i]!;
          this.topicEnd = scan.valueEnd[i]!;
          seen |= 1;
          break;
        case 7: // queueId, sysFlag
          if (first === 0x71) {
            this.queueId = scan.int(i);
            seen |= 2;
          } else if (first === 0x73) {
            this.sysFlag = scan.int(i);
            seen |= 4;
          } else return false;
          break;
        case 10: // maxMsgNums, subVersion
          if (first === 0x6d) {
            this.maxMsgNums = scan.int(i);
            seen |= 8;
          } else if (first === 0x73) {
            this.subVersion = scan.int(i);
            seen |= 16;
          } else return false;
          break;
        case 11: // queueOffset, maxMsgBytes
          if (first !== 0x71) break;
          this.queueOffset = scan.int(i);
          seen |= 32;
          break;
        case 12: // commitOffset, subscription
          if (first === 0x63) {
            this.commitOffset = scan.int(i);
            seen |= 64;
          } else return false;
          break;
        case 13: // consumerGroup, requestSource (proxies only)
          if (first !== 0x63 || scan.escaped[i] === 1) return false;
          this.groupStart = scan.valueStart[i]!;
          this.groupEnd = scan.valueEnd[i]!;
          seen |= 128;
          break;
        case 14: // expressionType
        case 20: // suspendTimeoutMillis
        case 4: // ReqT, oway
        case 2: // ns, lo
        case 3: // nsd
          break;
        default:
          return false;
      }
    }
    // NaN fails every comparison.
    return (
      seen === 255 &&
      this.queueId >= 0 &&
      this.queueOffset >= 0 &&
      this.maxMsgNums > 0 &&
      this.commitOffset >= 0 &&
      this.subVersion >= 0 &&
      this.sysFlag >= 0 &&
      (this.sysFlag & (PULL_SUBSCRIPTION | PULL_CLASS_FILTER)) === 0
    );
  }
}
