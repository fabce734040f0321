// Finds the transaction listeners among an application's providers. Must never start or change them.
import type { DiscoveryService } from '@nestjs/core';
import { DEFAULT_CONNECTION_NAME } from '../options/index.js';
import {
  type FoundTransactionListener,
  isDefaultName,
  type RocketMQLocalTransactionListener,
  transactionOptionsOf,
} from '../transaction/index.js';
import { typeOf } from './listener-explorer.js';

export class TransactionExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Those of one connection; those of a connection nobody set up count to the first there is, `known[0]`. */
  find(connectionName: string, known: readonly string[]): FoundTransactionListener[] {
    const found = new Map<unknown, FoundTransactionListener>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = typeOf(wrapper);
      const options = type === undefined ? undefined : transactionOptionsOf(type);
      if (type === undefined || options === undefined) continue;
      const given = options.rocketMQTemplateBeanName ?? DEFAULT_CONNECTION_NAME;
      const wanted = isDefaultName(given) ? DEFAULT_CONNECTION_NAME : given;
      if (wanted !== connectionName && (known.includes(wanted) || connectionName !== known[0])) continue;
      const isSingleton = wrapper.isDependencyTreeStatic();
      // `useExisting` shows one instance under two tokens.
      found.set(isSingleton ? wrapper.instance : wrapper, {
        className: type.name,
        prototype: type.prototype,
        options,
        isSingleton,
        instance: () => wrapper.instance as RocketMQLocalTransactionListener,
      });
    }
    return [...found.values()];
  }
}
