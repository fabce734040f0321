// Injection tokens: strings, so that two copies of this package agree. Must never hold anything live.
import { Inject } from '@nestjs/common';
import type { InjectionToken } from '@nestjs/common';
import { RocketMQDeadLetters } from '../dead-letter/index.js';
import { RocketMQIdempotency } from '../idempotent/index.js';
import { RocketMQListenerRegistry } from '../listener/index.js';
import { DEFAULT_CONNECTION_NAME } from '../options/index.js';
import { RocketMQTemplate } from '../template/index.js';

export const OPTIONS_TOKEN_PREFIX = 'RocketMQOptions:';
export const CONNECTION_TOKEN_PREFIX = 'RocketMQConnection:';

/** A provider of any module under this token is asked for the values of placeholders; see RocketMQPlaceholderResolver. */
export const ROCKETMQ_PLACEHOLDER_RESOLVER = 'ROCKETMQ_PLACEHOLDER_RESOLVER';
/** A provider of any module under this token converts payloads; see RocketMQMessageConverter. The module option beats it. */
export const ROCKETMQ_MESSAGE_CONVERTER = 'ROCKETMQ_MESSAGE_CONVERTER';

export const getRocketMQOptionsToken = (name: string = DEFAULT_CONNECTION_NAME): string => `${OPTIONS_TOKEN_PREFIX}${name}`;
export const getRocketMQConnectionToken = (name: string = DEFAULT_CONNECTION_NAME): string => `${CONNECTION_TOKEN_PREFIX}${name}`;

/** The default connection's template is injected by its class. */
export const getRocketMQTemplateToken = (name: string = DEFAULT_CONNECTION_NAME): InjectionToken =>
  name === DEFAULT_CONNECTION_NAME ? RocketMQTemplate : `RocketMQTemplate:${name}`;

export const getRocketMQListenerRegistryToken = (name: string = DEFAULT_CONNECTION_NAME): InjectionToken =>
  name === DEFAULT_CONNECTION_NAME ? RocketMQListenerRegistry : `RocketMQListenerRegistry:${name}`;

export const getRocketMQIdempotencyToken = (name: string = DEFAULT_CONNECTION_NAME): InjectionToken =>
  name === DEFAULT_CONNECTION_NAME ? RocketMQIdempotency : `RocketMQIdempotency:${name}`;

export const getRocketMQDeadLettersToken = (name: string = DEFAULT_CONNECTION_NAME): InjectionToken =>
  name === DEFAULT_CONNECTION_NAME ? RocketMQDeadLetters : `RocketMQDeadLetters:${name}`;

export const InjectRocketMQTemplate = (name?: string): PropertyDecorator & ParameterDecorator => Inject(getRocketMQTemplateToken(name));
export const InjectRocketMQListenerRegistry = (name?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getRocketMQListenerRegistryToken(name));
