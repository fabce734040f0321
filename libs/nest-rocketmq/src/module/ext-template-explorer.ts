// Finds the further templates of an application: classes with one of the Ext decorators. Must never start or bind them.
import type { DiscoveryService } from '@nestjs/core';
import { extConsumerOptionsOf, type ExtTemplateDefinition, extTemplateOptionsOf } from '../ext-template/index.js';
import { claimDecorated, DEFAULT_CONNECTION_NAME } from '../options/index.js';
import { type BindableTemplate, isBindableTemplate } from '../template/index.js';
import { isSingleton, typeOf } from './listener-explorer.js';

export interface FoundExtTemplate {
  readonly definition: ExtTemplateDefinition;
  /** Undefined: not a singleton. */
  readonly instance: BindableTemplate | undefined;
  readonly isTemplate: boolean;
}

export class ExtTemplateExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Those of every connection. */
  all(): FoundExtTemplate[] {
    const found = new Map<unknown, FoundExtTemplate>();
    for (const wrapper of this.discovery.getProviders()) {
      const type = typeOf(wrapper);
      if (type === undefined) continue;
      const [producer, consumer] = [extTemplateOptionsOf(type), extConsumerOptionsOf(type)];
      if (producer === undefined && consumer === undefined) continue;
      claimDecorated(type);
      const instance: unknown = isSingleton(wrapper) ? wrapper.instance : undefined;
      // `useExisting` shows one instance under two tokens.
      found.set(instance ?? wrapper, {
        definition: { className: type.name, producer, consumer },
        instance: isBindableTemplate(instance) ? instance : undefined,
        isTemplate: isBindableTemplate(type.prototype),
      });
    }
    return [...found.values()];
  }

  /** Those that take the settings of one connection; those of a connection nobody set up count to the first there is, `known[0]`. */
  of(connectionName: string, known: readonly string[]): FoundExtTemplate[] {
    return this.all().filter(({ definition: { producer, consumer } }) => {
      const wanted = producer?.connection ?? consumer?.connection ?? DEFAULT_CONNECTION_NAME;
      return wanted === connectionName || (!known.includes(wanted) && connectionName === known[0]);
    });
  }
}
