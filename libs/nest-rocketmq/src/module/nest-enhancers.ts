// Which guards, pipes, interceptors and filters stand around a handler. Must never run one.
import 'reflect-metadata';
import type { ApplicationConfig, DiscoveryService, ExternalContextCreator } from '@nestjs/core';
import { argumentsOf } from '../listener/index.js';
import type { ConfigurationProblem } from '../options/index.js';

export type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Nest's keys, with the decorator that writes each and the method its classes have. */
const KINDS = [
  ['__guards__', '@UseGuards', 'canActivate'],
  ['__interceptors__', '@UseInterceptors', 'intercept'],
  ['__pipes__', '@UsePipes', 'transform'],
  ['__exceptionFilters__', '@UseFilters', 'catch'],
] as const;
const FILTERS = '__exceptionFilters__';

export interface BoundEnhancers {
  /** Anything at all, decorated parameters too: the handler is called through Nest. */
  readonly any: boolean;
  readonly filters: boolean;
}

/** Bound to the class or the method, or global. */
export function findEnhancers(type: object, method: string, globals: ApplicationConfig | undefined | 'none'): BoundEnhancers {
  const prototype = (type as { prototype: Record<string, object> }).prototype;
  const isBound = (key: string): boolean => Reflect.hasMetadata(key, type) || Reflect.hasMetadata(key, prototype[method]!);
  const global = globals === 'none' ? { any: false, filters: false } : globalEnhancers(globals);
  return {
    any: global.any || argumentsOf(prototype, method) !== undefined || KINDS.some(([key]) => isBound(key)),
    filters: global.filters || isBound(FILTERS),
  };
}

/** Not to be seen: taken to be there. */
function globalEnhancers(globals: ApplicationConfig | undefined): BoundEnhancers {
  if (globals === undefined) return { any: true, filters: true };
  const filters = globals.getGlobalFilters().length + globals.getGlobalRequestFilters().length > 0;
  const others = [
    globals.getGlobalGuards(),
    globals.getGlobalRequestGuards(),
    globals.getGlobalInterceptors(),
    globals.getGlobalRequestInterceptors(),
    globals.getGlobalPipes(),
    globals.getGlobalRequestPipes(),
  ];
  return { any: filters || others.some(({ length }) => length > 0), filters };
}

/** Nest shows the global enhancers to nobody, and never runs them without need: so this looks where it keeps them. */
export function globalsOf(creator: ExternalContextCreator): ApplicationConfig | undefined {
  const { container } = creator as unknown as { container?: { applicationConfig?: ApplicationConfig } };
  return container?.applicationConfig;
}

/** Enhancer classes that Nest has not made for this listener: it would leave them out without a word. */
export function findLostEnhancers(
  wrapper: InstanceWrapper,
  type: { name: string; prototype: object },
  methods: readonly string[],
): ConfigurationProblem[] {
  const prepared = wrapper.host?.injectables;
  if (prepared === undefined) return [];
  const problems: ConfigurationProblem[] = [];
  const hosts: object[] = [type, ...methods.map((method) => (type.prototype as Record<string, object>)[method]!)];
  for (const [key, decorator, called] of KINDS) {
    const bound = hosts.flatMap((host) => (Reflect.getMetadata(key, host) as unknown[] | undefined) ?? []);
    for (const enhancer of new Set(bound)) {
      if (typeof enhancer !== 'function' || prepared.has(enhancer as never) || called in enhancer) continue;
      problems.push({
        where: type.name,
        option: `${decorator}(${enhancer.name})`,
        problem: 'has no effect, as the listener is no provider under its own class',
        remedy: `List ${type.name} itself in the providers, or give an instance: ${decorator}(new ${enhancer.name}()).`,
      });
    }
  }
  return problems;
}
