// Injection tokens of what has no class: ports, the store, the configuration. Global symbols, so that two copies of the package agree.

export const BROKER_CONFIG = Symbol.for('nest-rocketmq:broker:config');
export const BROKER_CLOCK = Symbol.for('nest-rocketmq:broker:clock');
export const BROKER_LOGGER = Symbol.for('nest-rocketmq:broker:logger');
export const BROKER_RANDOM = Symbol.for('nest-rocketmq:broker:random');
export const BROKER_TURN = Symbol.for('nest-rocketmq:broker:turn');
export const BROKER_DISK = Symbol.for('nest-rocketmq:broker:disk');
export const BROKER_NETWORK = Symbol.for('nest-rocketmq:broker:network');
export const MESSAGE_STORE = Symbol.for('nest-rocketmq:broker:message-store');
export const NAME_SERVER_CLIENT = Symbol.for('nest-rocketmq:broker:name-server-client');
