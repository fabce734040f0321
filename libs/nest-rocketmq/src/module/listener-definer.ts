// From a decorated provider to its definition: which methods, which instance, directly or through Nest. Must never call a method.
import type { ModuleRef } from '@nestjs/core';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import {
  findHandlerMethods,
  type HandlerDefinition,
  type HandlerMethod,
  type ListenerDefinition,
  type RocketMQMessageListenerOptions,
  tagsOf,
  withListenerDefaults,
} from '../listener/index.js';
import { type ConfigurationProblem, ProblemList } from '../options/index.js';
import { type CallHandler, HandlerPipeline, type PipelineTarget, settled } from './handler-pipeline.js';
import { type ListenerInstance, ListenerInstances } from './listener-instance.js';
import { type BoundEnhancers, findLostEnhancers, type InstanceWrapper } from './nest-enhancers.js';

type ListenerType = PipelineTarget['type'];

interface Preparing {
  prepareStart(consumer: DefaultMQPushConsumer): void | Promise<void>;
}

/** Where a method says which messages it takes. */
type MethodSelection = Pick<HandlerMethod, 'topic' | 'tag'>;
export type ResolveMethods = (
  where: string,
  methods: Readonly<Record<string, MethodSelection>>,
) => { readonly options: Readonly<Record<string, MethodSelection>>; readonly problems: readonly ConfigurationProblem[] };

export interface DefinedListener {
  readonly definition: ListenerDefinition;
  readonly methods: readonly HandlerMethod[];
  /** Of how it is provided. */
  readonly problems: readonly ConfigurationProblem[];
}

export class ListenerDefiner {
  private readonly pipeline: HandlerPipeline;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly resolve: ResolveMethods = (_where, methods) => ({ options: methods, problems: [] }),
  ) {
    this.pipeline = new HandlerPipeline(moduleRef);
  }

  define(wrapper: InstanceWrapper, type: ListenerType, options: RocketMQMessageListenerOptions, id: string): DefinedListener {
    const { mode, methods: written } = findHandlerMethods(type.prototype, options.messageType);
    const { methods, problems } = this.resolveMethods(type.name, written);
    const resolved = withListenerDefaults(withSelectors(options, methods));
    const instances = new ListenerInstances(wrapper, this.moduleRef);
    const names = [...new Set(methods.map(({ method }) => method))].filter((name) => name in type.prototype);
    const prototype = type.prototype as { prepareStart?: unknown };
    const hasPrepareStart = typeof prototype.prepareStart === 'function';
    return {
      definition: {
        id,
        className: type.name,
        type,
        mode,
        options: resolved,
        handlers: methods.map(({ method, topic, tag, messageType }) => {
          const { applyGlobalEnhancers } = resolved;
          const target = { type, method, payloadType: messageType, isBatch: mode === 'BATCH', applyGlobalEnhancers };
          return { method, topic, tags: tagsOf(tag), messageType, invoke: this.invokerOf(target, instances, wrapper.id) };
        }),
        prepareStart: hasPrepareStart
          ? async (consumer) => ((await instances.theOne()).instance as Preparing).prepareStart(consumer)
          : undefined,
      },
      methods,
      problems: [
        ...problems,
        ...(instances.isStatic ? [] : findScopeProblems(wrapper, type.name, hasPrepareStart)),
        ...findLostEnhancers(wrapper, type, names),
      ],
    };
  }

  /** A method that takes something else than a listener's payload: how it is called, and what is wrong with how it is provided. */
  defineMethod(wrapper: InstanceWrapper, target: PipelineTarget): Pick<HandlerDefinition, 'invoke'> & Pick<DefinedListener, 'problems'> {
    const { type, method } = target;
    const instances = new ListenerInstances(wrapper, this.moduleRef);
    const problems = [
      ...(instances.isStatic ? [] : findScopeProblems(wrapper, type.name, false)),
      ...findLostEnhancers(wrapper, type, method in type.prototype ? [method] : []),
    ];
    return { invoke: this.invokerOf(target, instances, wrapper.id), problems };
  }

  private resolveMethods(
    where: string,
    written: readonly HandlerMethod[],
  ): { readonly methods: readonly HandlerMethod[]; readonly problems: readonly ConfigurationProblem[] } {
    const named = written.map((method, index) => ({
      method,
      name: `@OnMessage on ${method.method}${index === 0 ? '' : `, ${index + 1}`}`,
    }));
    const given = Object.fromEntries(named.map(({ method: { topic, tag }, name }) => [name, { topic, tag }]));
    const { options, problems } = this.resolve(where, given);
    return { methods: named.map(({ method, name }) => ({ ...method, ...options[name] })), problems };
  }

  /** Without anything around the handler it is called directly; with it, through Nest. Of a static listener either is made once. */
  private invokerOf(target: PipelineTarget, instances: ListenerInstances, inquirerId: string): HandlerDefinition['invoke'] {
    let enhancers: BoundEnhancers | undefined;
    const callOf = ({ instance, contextId }: ListenerInstance): CallHandler => {
      enhancers ??= this.pipeline.enhancersOf(target);
      if (enhancers.any)
        return this.pipeline.wrap(target, enhancers, instance, contextId, contextId === undefined ? undefined : inquirerId);
      const host = instance as Record<string, (payload: unknown, context: unknown) => unknown>;
      return async (payload, context) => settled(await host[target.method]!(payload, context));
    };
    if (!instances.isStatic) return async (payload, context) => callOf(await instances.forRequest(context))(payload, context);
    let call: CallHandler | undefined;
    return async (payload, context) => {
      call ??= callOf(await instances.theOne());
      return call(payload, context);
    };
  }
}

/** Without a selector of its own, a listener whose methods name their tags asks, of each topic, for just these. */
function withSelectors(options: RocketMQMessageListenerOptions, methods: readonly HandlerMethod[]): RocketMQMessageListenerOptions {
  const { topic, selectorExpression, selectorType, subscriptions } = options;
  if (selectorExpression !== undefined || subscriptions !== undefined || selectorType === 'SQL92') return options;
  const topics = Array.isArray(topic) ? (topic as readonly string[]) : [topic as string];
  const selectors = topics.map((each) => {
    const tags = methods.filter((method) => (method.topic ?? each) === each).map(({ tag }) => tagsOf(tag));
    return tags.length === 0 || tags.includes(undefined) ? '*' : [...new Set(tags.flat())].join(' || ');
  });
  if (new Set(selectors).size <= 1) return { ...options, selectorExpression: selectors[0] };
  return { ...options, topic: undefined, subscriptions: topics.map((each, at) => ({ topic: each, selectorExpression: selectors[at] })) };
}

function findScopeProblems(wrapper: InstanceWrapper, where: string, hasPrepareStart: boolean): ConfigurationProblem[] {
  const problems = new ProblemList(where);
  if (hasPrepareStart) {
    problems.add(
      'prepareStart',
      'stands on a request-scoped class, which has no instance before its first message',
      'Let the class and what it injects be singletons, or give what prepareStart sets as options.',
    );
  }
  if (wrapper.host?.controllers.get(wrapper.token as never) === wrapper) {
    problems.add(
      'scope',
      'is request-scoped on a controller, which cannot be made for a message',
      'List the class in the providers instead.',
    );
  }
  return [...problems.found];
}
