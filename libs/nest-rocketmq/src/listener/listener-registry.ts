// The listener containers of one connection, for the application to look at, start and stop. Must never outlive its application.
import type { RocketMQListenerContainer } from './listener-container.js';

/** An id, a listener class, or a container. */
export type ListenerReference = string | (abstract new (...args: never[]) => unknown);

export class RocketMQListenerRegistry {
  private readonly containers = new Map<string, { type: unknown; container: RocketMQListenerContainer }>();

  /** By id or by class (its first container). */
  get(reference: ListenerReference): RocketMQListenerContainer | undefined {
    if (typeof reference === 'string') return this.containers.get(reference)?.container;
    for (const { type, container } of this.containers.values()) if (type === reference) return container;
    return undefined;
  }

  list(): RocketMQListenerContainer[] {
    return [...this.containers.values()].map(({ container }) => container);
  }

  /** One listener, or all. Starting a running one does nothing. */
  async start(reference?: ListenerReference): Promise<void> {
    for (const container of this.select(reference)) await container.start();
  }

  /** One listener, or all at once; each drains within its own time. */
  async stop(reference?: ListenerReference): Promise<void> {
    const results = await Promise.allSettled(this.select(reference).map((container) => container.stop()));
    const failed = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} listeners did not stop cleanly`);
  }

  /** For the module. */
  add(type: unknown, container: RocketMQListenerContainer): void {
    this.containers.set(container.id, { type, container });
  }

  private select(reference: ListenerReference | undefined): RocketMQListenerContainer[] {
    if (reference === undefined) return this.list();
    const container = this.get(reference);
    if (container === undefined) {
      const name = typeof reference === 'string' ? reference : reference.name;
      throw new Error(`no listener "${name}"; known: ${[...this.containers.keys()].join(', ') || 'none'}`);
    }
    return [container];
  }
}
