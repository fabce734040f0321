// When a message whose key is being processed comes again. Pure.

/** The broker's default messageDelayLevel in ms; level 1 is the first. */
const LEVELS_MS = [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200].map((s) => s * 1000);

/** The level a failed message would get, but no higher than what outlasts the lease: waiting for longer gains nothing. */
export function delayLevelWhileBusy(leaseLeftMs: number, reconsumeTimes: number): number {
  const index = LEVELS_MS.findIndex((delayMs) => delayMs >= leaseLeftMs);
  // The broker's own rule is 3 + reconsumeTimes [java AbstractSendMessageProcessor#consumerSendMsgBack].
  return Math.min(index < 0 ? LEVELS_MS.length : index + 1, 3 + reconsumeTimes);
}
