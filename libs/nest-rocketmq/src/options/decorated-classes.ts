// Decorated classes of this process that no application has taken up: what a boot warns of. Must never keep a class alive.

const unclaimed = new Set<{ readonly type: WeakRef<object>; readonly decorator: string }>();
const claimed = new WeakSet<object>();

export interface UnclaimedClass {
  readonly className: string;
  /** `@RocketMQMessageListener` */
  readonly decorator: string;
}

export function noteDecorated(type: object, decorator: string): void {
  unclaimed.add({ type: new WeakRef(type), decorator });
}

/** Notes that an application has this class among its providers; what it extends needs no provider of its own. */
export function claimDecorated(type: object): void {
  for (
    let current: object | null = type;
    current !== null && current !== Function.prototype;
    current = Object.getPrototypeOf(current) as object | null
  ) {
    claimed.add(current);
  }
}

export function unclaimedClasses(): UnclaimedClass[] {
  const found: UnclaimedClass[] = [];
  for (const entry of unclaimed) {
    const type = entry.type.deref();
    if (type === undefined || claimed.has(type)) unclaimed.delete(entry);
    else found.push({ className: (type as { name: string }).name, decorator: entry.decorator });
  }
  return found;
}
