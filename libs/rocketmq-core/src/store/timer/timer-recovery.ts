// Brings log and wheel of the timer store together after any stop: entries of messages that are not in the commit log go, slots whose
// chain is gone or unknown are made from the log again. Must never make a slot that has been delivered.
import { TIMER_MAGIC, type TimerLog, type TimerUnit, UNIT_BYTES } from './timer-log.js';
import type { TimerSlot, TimerWheel } from './timer-wheel.js';

export interface TimerRecoveryParts {
  readonly log: TimerLog;
  readonly wheel: TimerWheel;
  /** The log was durable up to here. */
  readonly logPos: number;
  /** Slots before this moment are done. */
  readonly readTimeMs: number;
  /** The commit log holds this record, of the timer topic. */
  readonly isTimerRecord: (physicalOffset: number, size: number) => boolean;
}

export interface TimerRecovered {
  /** Messages with entries behind the checkpoint: taken up already, whatever the checkpoint's queue offset says. */
  readonly takenUp: Set<number>;
  readonly droppedUnits: number;
  readonly repairedSlots: number;
  /** Entries that wait. */
  readonly pending: number;
}

export function recoverTimers({ log, wheel, logPos, readTimeMs, isTimerRecord }: TimerRecoveryParts): TimerRecovered {
  if (readTimeMs === 0) return startAnew(log, wheel);
  const droppedUnits = cutUntrusted(log, logPos, isTimerRecord);
  const damaged = damagedSlots(log, wheel, readTimeMs);
  let from = wheel.hasFile ? logPos : log.start;
  for (const { timeMs, firstPos } of damaged) {
    from = Math.min(from, Math.max(firstPos, log.start));
    wheel.clear(timeMs);
  }
  const takenUp = new Set<number>();
  log.scan(unitStart(log, from), (unit, pos) => {
    if (pos >= logPos) takenUp.add(unit.physicalOffset);
    if (unit.slotMs >= readTimeMs) link(wheel, unit, pos);
    return true;
  });
  let pending = 0;
  for (const { num } of wheel.occupied(readTimeMs)) pending += Math.max(num, 0);
  return { takenUp, droppedUnits, repairedSlots: damaged.length, pending };
}

/** Without a checkpoint nobody knows what was delivered: every message that is there is taken up again. */
function startAnew(log: TimerLog, wheel: TimerWheel): TimerRecovered {
  log.cutAt(log.start);
  for (const { timeMs } of wheel.occupied(0)) wheel.clear(timeMs);
  return { takenUp: new Set(), droppedUnits: 0, repairedSlots: 0, pending: 0 };
}

/** Adds an entry of the log to its slot, unless the slot has it. */
function link(wheel: TimerWheel, unit: TimerUnit, pos: number): void {
  const slot = wheel.at(unit.slotMs);
  const one = (unit.magic & TIMER_MAGIC.DELETE) === 0 ? 1 : -1;
  if (slot === undefined) {
    wheel.put({ timeMs: unit.slotMs, firstPos: pos, lastPos: pos, num: one, magic: 0 });
  } else if (slot.lastPos < pos) {
    wheel.put({ ...slot, lastPos: pos, num: slot.num + one });
  }
}

/** Cuts the log behind the last entry that is one and whose message exists; the entries cut off. */
function cutUntrusted(log: TimerLog, logPos: number, isTimerRecord: TimerRecoveryParts['isTimerRecord']): number {
  log.cutAt(log.scan(unitStart(log, logPos), () => true));
  // Messages that a power cut took leave entries behind at the end only: entries are written in the order of their messages.
  let end = log.end;
  let dropped = 0;
  for (let pos = log.before(end); pos >= log.start; pos = log.before(pos)) {
    const unit = log.read(pos);
    if (unit !== undefined && isTimerRecord(unit.physicalOffset, unit.size)) break;
    end = pos;
    dropped++;
  }
  if (dropped > 0) log.cutAt(end);
  return dropped;
}

function damagedSlots(log: TimerLog, wheel: TimerWheel, readTimeMs: number): TimerSlot[] {
  const damaged: TimerSlot[] = [];
  for (const slot of wheel.occupied(readTimeMs)) {
    if (log.read(slot.lastPos)?.slotMs !== slot.timeMs) damaged.push(slot);
  }
  return damaged;
}

/** The place itself when an entry may begin there, else the beginning of its file. */
function unitStart(log: TimerLog, pos: number): number {
  const fileStart = log.fileStarts.findLast((start) => start <= pos) ?? log.start;
  return (pos - fileStart) % UNIT_BYTES === 0 ? pos : fileStart;
}
