// Reads a SEND_MESSAGE_V2 header out of a FrameScan [java SendMessageRequestHeaderV2#decode], and what the broker must know of its properties.
// Must never accept a message that needs more than a plain append: delayed, transactional, batch and retry messages go the derived way.
import { FrameScan, unescapeJson } from './frame-scan.js';

/** Longest UNIQ_KEY the hot path echoes; IPv6 ids have 56 characters. */
export const UNIQ_KEY_MAX = 64;

const PROPERTIES_MAX = 32767;

/** A send, field by field; ranges point into `scan.bytes` unless said otherwise. One object is reused for every frame. */
export class SendScan {
  topicStart = 0;
  topicEnd = 0;
  queueId = 0;
  sysFlag = 0;
  bornTimestamp = 0;
  flag = 0;
  reconsumeTimes = 0;
  /** Property text: in the frame, or in `scratch` when it was escaped. */
  properties: Uint8Array = new Uint8Array(0);
  propertiesStart = 0;
  propertiesLength = 0;
  uniqKeyStart = 0;
  uniqKeyLength = 0;
  /** Java hash of TAGS, 0 without. */
  tagsCode = 0;
  private needsPlainKey = true;
  private readonly scratch = new Uint8Array(PROPERTIES_MAX + 1);

  /** False: something about this message needs the derived path. */
  read(scan: FrameScan): boolean {
    let seen = 0;
    this.propertiesLength = 0;
    this.reconsumeTimes = 0;
    for (let i = 0; i < scan.fieldCount; i++) {
      if (scan.keyEnd[i]! - scan.keyStart[i]! !== 1) return false;
      switch (scan.bytes[scan.keyStart[i]!]) {
        case 0x61: // a producerGroup
          seen |= 1;
          break;
        case 0x62: // b topic
          if (scan.escaped[i] === 1) return false;
          this.topicStart = scan.valueStart[i]!;
          this.topicEnd = scan.valueEnd[i]!;
          seen |= 2;
          break;
        case 0x63: // c defaultTopic
          seen |= 4;
          break;
        case 0x64: // d defaultTopicQueueNums
          seen |= 8;
          break;
        case 0x65: // e queueId
          this.queueId = scan.int(i);
          seen |= 16;
          break;
        case 0x66: // f sysFlag
          this.sysFlag = scan.int(i);
          seen |= 32;
          break;
        case 0x67: // g bornTimestamp
          this.bornTimestamp = scan.int(i);
          seen |= 64;
          break;
        case 0x68: // h flag
          this.flag = scan.int(i);
          seen |= 128;
          break;
        case 0x69: // i properties
          if (!this.takeProperties(scan, i)) return false;
          break;
        case 0x6a: // j reconsumeTimes
          this.reconsumeTimes = scan.int(i);
          break;
        case 0x6b: // k unitMode
        case 0x6d: // m batch
          if (scan.isTrue(i)) return false;
          break;
        case 0x6e: // n broker name
          break;
        default:
          return false;
      }
    }
    // A binary answer carries any key; a JSON one must not need escapes.
    this.needsPlainKey = scan.serializeType === 0;
    return seen === 255 && this.isPlain();
  }

  private isPlain(): boolean {
    // NaN fails every comparison. Bits 0x04/0x08 transactional, 0x10/0x20 hosts, 0x40/0x80 inner batch are the broker's or need more work.
    return (
      this.queueId >= 0 &&
      this.queueId <= 65535 &&
      this.sysFlag >= 0 &&
      (this.sysFlag & ~0x703) === 0 &&
      this.bornTimestamp >= 0 &&
      this.flag >= -2147483648 &&
      this.flag <= 2147483647 &&
      this.reconsumeTimes === 0 &&
      this.scanProperties()
    );
  }

  private takeProperties(scan: FrameScan, field: number): boolean {
    const start = scan.valueStart[field]!;
    const end = scan.valueEnd[field]!;
    if (scan.escaped[field] === 0) {
      this.properties = scan.bytes;
      this.propertiesStart = start;
      this.propertiesLength = end - start;
      return this.propertiesLength <= PROPERTIES_MAX;
    }
    // An escape never gets longer by being undone: a text within six times the limit is unescaped, the rest is refused by the derived path.
    if (end - start > this.scratch.length) return false;
    const length = unescapeJson(scan.bytes, start, end, this.scratch);
    this.properties = this.scratch;
    this.propertiesStart = 0;
    this.propertiesLength = length;
    return length >= 0;
  }

  /** One pass over `key 0x01 value 0x02 …`. */
  private scanProperties(): boolean {
    const bytes = this.properties;
    const end = this.propertiesStart + this.propertiesLength;
    let at = this.propertiesStart;
    this.uniqKeyLength = 0;
    this.tagsCode = 0;
    while (at < end) {
      const keyStart = at;
      while (at < end && bytes[at]! > 2) at++;
      if (at === end || bytes[at] !== 1) return false;
      const keyLength = at - keyStart;
      const valueStart = ++at;
      while (at < end && bytes[at]! > 2) at++;
      if (at < end && bytes[at] !== 2) return false;
      const valueLength = at - valueStart;
      at++;
      if (keyLength === 0 || valueLength === 0) return false;
      if (!this.takeProperty(bytes, keyStart, keyLength, valueStart, valueLength)) return false;
    }
    return this.uniqKeyLength > 0;
  }

  private takeProperty(bytes: Uint8Array, keyStart: number, keyLength: number, valueStart: number, valueLength: number): boolean {
    const first = bytes[keyStart]!;
    if (keyLength === 8 && first === 0x55 && equals(bytes, keyStart, UNIQ_KEY)) {
      this.uniqKeyStart = valueStart;
      this.uniqKeyLength = valueLength;
      return valueLength <= UNIQ_KEY_MAX && (!this.needsPlainKey || isPlainAscii(bytes, valueStart, valueLength));
    }
    if (keyLength === 4) {
      if (first === 0x54 && equals(bytes, keyStart, TAGS)) {
        let hash = 0;
        for (let i = valueStart; i < valueStart + valueLength; i++) {
          const byte = bytes[i]!;
          if (byte > 0x7f) return false;
          hash = (Math.imul(hash, 31) + byte) | 0;
        }
        this.tagsCode = hash;
        return true;
      }
      if (first === 0x57 && equals(bytes, keyStart, WAIT)) return valueLength === 4;
      return true;
    }
    // Anything the broker acts upon, by its first letters: DELAY, TIMER_*, TRAN_MSG, TRACE_ON, REAL_*, POP_CK, MSG_REGION, CLUSTER, INNER_*, _SYS…, __…
    switch (first) {
      case 0x44: // D
      case 0x49: // I
      case 0x4d: // M
      case 0x50: // P
      case 0x52: // R
      case 0x54: // T
      case 0x5f: // _
        return false;
      case 0x43: // C
        return keyLength !== 7;
      default:
        return true;
    }
  }
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const UNIQ_KEY = ascii('UNIQ_KEY');
const TAGS = ascii('TAGS');
const WAIT = ascii('WAIT');

function equals(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** Printable ASCII that a JSON string can carry as it is. */
function isPlainAscii(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}
