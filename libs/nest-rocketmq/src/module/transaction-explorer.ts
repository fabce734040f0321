// Finds the transaction listeners among an application's providers. Must never start or change them.
import type { DiscoveryService } from '@nestjs/core';
import { claimDecorated, DEFAULT_CONNECTION_NAME, type Resolved } from '../options/index.js';
import {
  type FoundTransactionListener,
  isDefaultName,
  type RocketMQLocalTransactionListener,
  type RocketMQTransactionListenerOptions,
  transactionOptionsOf,
} from '../transaction/index.js';
import { isSingleton, typeOf } from './listener-explorer.js';

export class TransactionExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    /** Absent: no placeholders. */
    private readonly resolve?: (
      className: string,
      options: RocketMQTransactionListenerOptions,
    ) => Resolved<RocketMQTransactionListenerOptions>,
  ) {}

  /** Those of one template, by all its names; those of a template nobody set up count to the first there is, `known[0]`. */
  find(names: readonly string[], known: readonly string[]): FoundTransactionListener[] {
    const found = new Map<unknown, FoundTransactionListener>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = typeOf(wrapper);
      const noted = type === undefined ? undefined : transactionOptionsOf(type);
      if (type === undefined || noted === undefined) continue;
      claimDecorated(type);
      const { options, problems } = this.resolve?.(type.name, noted) ?? { options: noted, problems: [] };
      const given = options.rocketMQTemplateBeanName ?? DEFAULT_CONNECTION_NAME;
      const wanted = isDefaultName(given) ? DEFAULT_CONNECTION_NAME : given;
      if (!names.includes(wanted) && (known.includes(wanted) || names[0] !== known[0])) continue;
      const isAskable = isSingleton(wrapper);
      // `useExisting` shows one instance under two tokens.
      found.set(isAskable ? wrapper.instance : wrapper, {
        className: type.name,
        prototype: type.prototype,
        options,
        problems,
        isSingleton: isAskable,
        instance: () => wrapper.instance as RocketMQLocalTransactionListener,
      });
    }
    return [...found.values()];
  }
}
