// Injection tokens of what is not a class: the configuration and the ports handed in from outside.

export const NAMESRV_SETTINGS = Symbol.for('@nest-rocketmq/namesrv:settings');
export const NAMESRV_CLOCK = Symbol.for('@nest-rocketmq/namesrv:clock');
export const NAMESRV_LOGGER = Symbol.for('@nest-rocketmq/namesrv:logger');
