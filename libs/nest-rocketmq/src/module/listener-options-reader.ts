// The options of decorated classes as they count in one connection: rewritten by enhancers, placeholders resolved. Must never fill in defaults.
import type { ListenerEnhancerFunction } from '../enhancer/index.js';
import { listenerOptionsOf, type RocketMQMessageListenerOptions } from '../listener/index.js';
import { type ConfigurationProblem, isPlainObject, type PlaceholderLookup, resolvePlaceholders } from '../options/index.js';

type ListenerType = abstract new (...args: never[]) => unknown;

export class ListenerOptionsReader {
  private readonly read = new Map<object, { options: RocketMQMessageListenerOptions; problems: readonly ConfigurationProblem[] }>();

  constructor(
    private readonly enhancers: readonly ListenerEnhancerFunction[],
    private readonly lookup: PlaceholderLookup,
  ) {}

  /** Undefined for a class that is no listener. */
  optionsOf(type: object): RocketMQMessageListenerOptions | undefined {
    const noted = listenerOptionsOf(type);
    if (noted === undefined) return undefined;
    const known = this.read.get(type) ?? this.resolve(type as ListenerType, noted);
    this.read.set(type, known);
    return known.options;
  }

  problemsOf(type: object): readonly ConfigurationProblem[] {
    return this.read.get(type)?.problems ?? [];
  }

  private resolve(type: ListenerType, noted: RocketMQMessageListenerOptions) {
    const problems: ConfigurationProblem[] = [];
    let options = noted;
    for (const enhance of this.enhancers) {
      const enhanced: unknown = enhance({ ...options }, type);
      if (isPlainObject(enhanced)) options = enhanced as unknown as RocketMQMessageListenerOptions;
      else {
        const remedy = 'Let the enhancer return the options, also when it changes nothing.';
        problems.push({ where: type.name, option: 'enhance', problem: 'an enhancer returned no options for this class', remedy });
      }
    }
    const resolved = resolvePlaceholders(type.name, options, this.lookup);
    return { options: resolved.options, problems: [...problems, ...resolved.problems] };
  }
}
