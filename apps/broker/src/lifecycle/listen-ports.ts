// Opens the main port and the VIP port two below it. Must never leave one open when the other cannot be.
import type { Logger } from 'rocketmq-core/common';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { isLoopback } from '../config/local-address.js';
import type { BrokerAddress } from './broker-address.js';

/** The VIP port is the main port minus this. */
export const VIP_PORT_DISTANCE = 2;

export class ListenPorts {
  constructor(
    private readonly config: BrokerConfig,
    private readonly logger: Logger,
    private readonly server: RemotingServer,
    private readonly address: BrokerAddress,
  ) {}

  async listen(): Promise<void> {
    const { bindAddress: host, listenPort, brokerIP1 } = this.config;
    try {
      const main = await this.server.listen({ host, port: listenPort, kind: 'main' });
      const fast = await this.listenFast(host, main.port);
      this.address.listening(main, fast.port);
      this.logger.info('listening', { host: main.host, port: main.port, vipPort: fast.port });
    } catch (error) {
      await this.server.close(0);
      throw error;
    }
    if (isLoopback(host)) {
      this.logger.info(`bindAddress=${host}: only this machine reaches the broker; set bindAddress (0.0.0.0 = all) to serve others`);
      if (!isLoopback(brokerIP1))
        this.logger.warn(`brokerIP1=${brokerIP1} is told to clients, but bindAddress=${host} does not listen there`);
    }
  }

  private async listenFast(host: string, mainPort: number): Promise<{ host: string; port: number }> {
    const port = mainPort - VIP_PORT_DISTANCE;
    try {
      return await this.server.listen({ host, port, kind: 'fast' });
    } catch (error) {
      // With a picked main port the port below may belong to somebody else: any free one will do then.
      if (this.config.listenPort !== 0) throw error;
      return this.server.listen({ host, port: 0, kind: 'fast' });
    }
  }
}
