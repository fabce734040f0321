// Starts the listeners last and stops them first. Must never touch producers: handlers that drain still send.
import type { RocketMQListenerRegistry } from '../listener/index.js';
import type { RocketMQConnection } from './rocketmq-connection.js';

export class ListenerLifecycle {
  constructor(
    private readonly connection: RocketMQConnection,
    private readonly registry: RocketMQListenerRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.connection.startListeners();
    } catch (error) {
      // The boot fails: nothing may stay behind.
      await this.connection.abandon();
      throw error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    // What is thrown here would end the shutdown of the whole application, and leave its producers open.
    await this.connection.stopListeners().catch((error: unknown) => this.connection.tell(error));
  }
}
