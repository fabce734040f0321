// Shows and changes the configuration of the running name server: codes 318, 319. Must never change a key that takes effect only at start.
import { Inject, Injectable } from '@nestjs/common';
import { applyConfigUpdate, type ConfigUpdate, fail, Handles, parseConfigUpdate, printConfig, reply } from 'nest-rocketmq/server';
import type { Logger } from 'rocketmq-core/common';
import { ConfigError } from 'rocketmq-core/errors';
import { GET_NAMESRV_CONFIG, UPDATE_NAMESRV_CONFIG } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { NAMESRV_LOGGER, NAMESRV_SETTINGS } from '../config/namesrv.tokens.js';
import { NAMESRV_CONFIG, type NamesrvConfig } from '../config/namesrv-config.js';

@Injectable()
export class ConfigProcessor {
  constructor(
    @Inject(NAMESRV_SETTINGS) private readonly config: NamesrvConfig,
    @Inject(NAMESRV_LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(GET_NAMESRV_CONFIG)
  getNamesrvConfig(): Reply<typeof GET_NAMESRV_CONFIG> {
    return reply(undefined, { body: Buffer.from(printConfig(NAMESRV_CONFIG, this.config)) });
  }

  @Handles(UPDATE_NAMESRV_CONFIG)
  updateNamesrvConfig({ body }: ServedRequest<typeof UPDATE_NAMESRV_CONFIG>): Reply<typeof UPDATE_NAMESRV_CONFIG> {
    let update: ConfigUpdate;
    try {
      update = parseConfigUpdate(NAMESRV_CONFIG, 'update', Buffer.from(body).toString('utf8'));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return fail('SYSTEM_ERROR', error.message);
    }
    const forbidden = this.config.configBlackList.filter((key) => update.values.has(key) || update.unknownKeys.includes(key));
    if (forbidden.length > 0) return fail('NO_PERMISSION', `Can not update config in black list: ${forbidden.join(', ')}`);
    const { config } = this;
    const changed = [...update.values].filter(([key, value]) => config[key as keyof NamesrvConfig] !== value).map(([key]) => key);
    const cold = changed.filter((key) => !NAMESRV_CONFIG[key as keyof NamesrvConfig].hot);
    if (cold.length > 0) return fail('SYSTEM_ERROR', `${cold.join(', ')}: takes effect at start only, change the file and restart`);
    applyConfigUpdate(config, update);
    this.logger.info('name server configuration updated', { changed, ignored: update.unknownKeys });
    return reply();
  }
}
