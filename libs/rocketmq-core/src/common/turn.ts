// One turn of the event loop, in ordered phases: everything received in a poll is first made durable as configured ('commit'),
// then answered ('answer'), then each socket is written once ('flush'). Must never run a phase twice in one turn or out of order.

export const TURN_PHASES = ['commit', 'answer', 'flush'] as const;
export type TurnPhase = (typeof TURN_PHASES)[number];

export interface Turn {
  /** Registers a permanent participant of a phase; it runs in every turn that was requested. Returns its removal. */
  join(phase: TurnPhase, run: () => void): () => void;
  /** Asks for a turn after the current poll's callbacks. Many requests make one turn. */
  request(): void;
}

export class LoopTurn implements Turn {
  private readonly participants: Record<TurnPhase, Array<() => void>> = { commit: [], answer: [], flush: [] };
  private requested = false;
  private readonly runTurn = (): void => {
    this.requested = false;
    for (const phase of TURN_PHASES) {
      const list = this.participants[phase];
      for (let i = 0; i < list.length; i++) list[i]!();
    }
  };

  join(phase: TurnPhase, run: () => void): () => void {
    this.participants[phase] = [...this.participants[phase], run];
    return () => {
      this.participants[phase] = this.participants[phase].filter((other) => other !== run);
    };
  }

  request(): void {
    if (this.requested) return;
    this.requested = true;
    setImmediate(this.runTurn);
  }
}
