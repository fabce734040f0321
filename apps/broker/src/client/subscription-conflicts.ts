// Members of one group that subscribe to different things: the newest heartbeat decides for all of them, so some get messages they did not ask
// for and none get the others'. Must never decide anything: it tells each disagreement once, for as long as it lasts.
import type { SubscriptionData } from 'rocketmq-core/message';

export interface SubscriptionConflict {
  readonly group: string;
  readonly topic: string;
  /** What each side subscribes to; undefined: not to this topic. */
  readonly one: { readonly clientId: string; readonly subString: string | undefined };
  readonly other: { readonly clientId: string; readonly subString: string | undefined };
}

type Subscriptions = ReadonlyMap<string, string>;

export class SubscriptionConflicts {
  private readonly members = new Map<string, Map<string, Subscriptions>>();
  /** By group and topic, as long as it lasts. */
  private readonly known = new Map<string, Map<string, SubscriptionConflict>>();

  /** Takes what a member subscribes to; returns the disagreements that are new. */
  note(group: string, clientId: string, subscriptions: readonly SubscriptionData[]): SubscriptionConflict[] {
    let members = this.members.get(group);
    if (members === undefined) this.members.set(group, (members = new Map()));
    members.set(clientId, new Map(subscriptions.map(({ topic, subString }) => [topic, subString])));
    return this.compare(group, members);
  }

  leave(group: string, clientId: string): void {
    const members = this.members.get(group);
    if (members === undefined || !members.delete(clientId)) return;
    if (members.size === 0) this.members.delete(group);
    this.compare(group, members);
  }

  /** Disagreements that last. */
  *all(): Iterable<SubscriptionConflict> {
    for (const conflicts of this.known.values()) yield* conflicts.values();
  }

  private compare(group: string, members: ReadonlyMap<string, Subscriptions>): SubscriptionConflict[] {
    const before = this.known.get(group);
    const now = new Map<string, SubscriptionConflict>();
    const [first, ...others] = members;
    for (const other of others) for (const conflict of differences(group, first!, other)) now.set(conflict.topic, conflict);
    if (now.size === 0) this.known.delete(group);
    else this.known.set(group, now);
    return [...now.values()].filter(({ topic }) => before?.has(topic) !== true);
  }
}

function differences(
  group: string,
  [oneId, one]: [string, Subscriptions],
  [otherId, other]: [string, Subscriptions],
): SubscriptionConflict[] {
  const topics = new Set([...one.keys(), ...other.keys()]);
  return [...topics]
    .filter((topic) => one.get(topic) !== other.get(topic))
    .map((topic) => ({
      group,
      topic,
      one: { clientId: oneId, subString: one.get(topic) },
      other: { clientId: otherId, subString: other.get(topic) },
    }));
}

/** One sentence for the log and for answers. */
export function describeConflict({ group, topic, one, other }: SubscriptionConflict): string {
  const wish = (subString: string | undefined): string => (subString === undefined ? 'nothing' : `"${subString}"`);
  return (
    `members of group ${group} disagree about topic ${topic}: ${one.clientId} wants ${wish(one.subString)}, ` +
    `${other.clientId} ${wish(other.subString)}; the newest wins, so messages go unconsumed. Give them one subscription or two groups`
  );
}
