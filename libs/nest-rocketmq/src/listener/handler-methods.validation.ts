// Finds everything wrong with the methods of a listener: none, two kinds, tags nobody takes or two take. Must never connect, log or change anything.
import { type ProblemList, show } from '../options/index.js';
import { findOnMessageMethods, findPlainModes, type HandlerMethod, METHOD_OF_MODE, tagsOf } from './handler-methods.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import { type Subscription, subscriptionsOf } from './subscriptions.js';

/** `resolved`: the methods with @OnMessage as they count, their placeholders replaced. */
export function checkHandlers(
  prototype: object,
  options: ResolvedListenerOptions,
  problems: ProblemList,
  resolved?: readonly HandlerMethod[],
): void {
  const written = findOnMessageMethods(prototype, options.messageType);
  const decorated = written.length > 0 && resolved !== undefined ? resolved : written;
  const plain = findPlainModes(prototype).map((mode) => METHOD_OF_MODE[mode]);
  const [first, second] = plain;
  if (decorated.length > 0 && first !== undefined) {
    const others = [...new Set(decorated.map(({ method }) => method))].join(', ');
    const remedy =
      first === 'onMessage'
        ? 'Decorate onMessage with @OnMessage() if it takes the rest, else remove it.'
        : `Give ${first} a class of its own.`;
    return problems.add(first, `stands beside methods with @OnMessage (${others})`, remedy);
  }
  if (second !== undefined) {
    const remedy = plain.includes('onRequest')
      ? 'Keep onRequest if the messages want an answer, else the other.'
      : 'Keep onMessages for batches, else onMessage.';
    return problems.add(second, `stands beside ${plain.filter((name) => name !== second).join(' and ')}`, remedy);
  }
  if (decorated.length > 0) return checkTags(decorated, options, problems);
  if (first === undefined) {
    return problems.add(
      'onMessage',
      'is missing',
      'Give the class a method onMessage(message, context), onMessages or onRequest, no arrow function in a property, or methods with @OnMessage.',
    );
  }
  if (options.unmatchedMessage !== undefined) {
    problems.add(
      'unmatchedMessage',
      `is set, but ${first} takes every message`,
      'Remove it, or take messages by tag with @OnMessage methods.',
    );
  }
  if (first === 'onRequest') checkRequests(options, problems);
  if (first === 'onMessages') checkBatches(options, problems);
}

/** Its answers go through the connection's producer, which knows one cluster. */
function checkRequests({ nameServer }: ResolvedListenerOptions, problems: ProblemList): void {
  if (nameServer === undefined) return;
  problems.add(
    'nameServer',
    'is set on a listener with onRequest',
    'Name the cluster in RocketMQModule.forRoot({ name, nameServer }) and give connection: name.',
  );
}

function checkBatches({ consumeMessageBatchMaxSize: size, pullBatchSize }: ResolvedListenerOptions, problems: ProblemList): void {
  if (!(size > pullBatchSize)) return;
  problems.add(
    'consumeMessageBatchMaxSize',
    `${size} is above pullBatchSize ${pullBatchSize}, so no batch would get that large`,
    'Raise pullBatchSize or lower consumeMessageBatchMaxSize.',
  );
}

function checkTags(methods: readonly HandlerMethod[], options: ResolvedListenerOptions, problems: ProblemList): void {
  let isSound = true;
  const takers = new Map<string, string>();
  for (const { method, topic, tag } of methods) {
    if (topic !== undefined && !topicsOf(options).includes(topic)) {
      isSound = false;
      problems.add(
        `@OnMessage on ${method}`,
        `topic ${show(topic)} is none of the listener's`,
        `Give one of ${topicsOf(options).join(', ')}.`,
      );
    }
    const broken = brokenTag(tag);
    if (broken !== undefined) {
      isSound = false;
      problems.add(`@OnMessage on ${method}`, broken, 'Give a tag, several joined by "||", or nothing for the rest.');
      continue;
    }
    for (const each of tagsOf(tag) ?? ['']) {
      const key = `${topic ?? ''}\n${each}`;
      const other = takers.get(key);
      takers.set(key, method);
      if (other === undefined) continue;
      isSound = false;
      const what = each === '' ? 'the messages no other method takes go' : `tag ${show(each)} goes`;
      problems.add(`@OnMessage on ${method}`, `${what} to ${other} already`, 'Let one method take them.');
    }
  }
  if (isSound) checkCoverage(methods, options, problems);
}

function brokenTag(tag: unknown): string | undefined {
  if (tag === undefined) return undefined;
  if (typeof tag !== 'string') return `${show(tag)} is no tag`;
  const tags = tagsOf(tag) ?? [];
  if (tags.includes('*')) return `${show(tag)}: "*" is no tag`;
  return tags.some((each) => each === '' || each.includes('|')) ? `${show(tag)} is no list of tags` : undefined;
}

/** What the selectors let through must have a taker, and what a method waits for must be let through. */
function checkCoverage(methods: readonly HandlerMethod[], options: ResolvedListenerOptions, problems: ProblemList): void {
  const subscriptions = subscriptionsOf(options);
  if (subscriptions.some(({ selectorExpression }) => typeof selectorExpression !== 'string')) return;
  for (const { method, topic, tag } of methods) {
    const asked = subscriptions.filter((each) => (topic ?? each.topic) === each.topic);
    const missed = (tagsOf(tag) ?? []).filter((each) => !asked.some((subscription) => letsThrough(subscription, each)));
    if (missed.length === 0) continue;
    const selectors = [...new Set(asked.map(({ selectorExpression }) => show(selectorExpression)))].join(' and ');
    problems.add(
      `@OnMessage on ${method}`,
      `waits for ${missed.map(show).join(', ')}, which selectorExpression ${selectors} keeps away`,
      'Add it there, or leave selectorExpression out: it is then made of the tags of the methods.',
    );
  }
  if (options.unmatchedMessage === undefined) checkTakers(methods, options, problems);
}

function checkTakers(methods: readonly HandlerMethod[], options: ResolvedListenerOptions, problems: ProblemList): void {
  const takes = (topic: string, tag: string | undefined): boolean =>
    methods.some(
      (each) => (each.topic ?? topic) === topic && (each.tag === undefined || (tag !== undefined && tagsOf(each.tag)!.includes(tag))),
    );
  const subscriptions = subscriptionsOf(options);
  const several = subscriptions.length > 1;
  for (const subscription of subscriptions) {
    const { topic, selectorExpression } = subscription;
    const selected = selectedTags(subscription);
    const left = selected === undefined ? (takes(topic, undefined) ? [] : ['any other']) : selected.filter((tag) => !takes(topic, tag));
    // Topics with one selector have tags of their own in it, so only a topic without any method is a slip.
    const isShared = several && options.subscriptions === undefined && selected !== undefined && left.length < selected.length;
    if (left.length === 0 || isShared) continue;
    problems.add(
      'selectorExpression',
      `${show(selectorExpression)} lets through messages${several ? ` of ${topic}` : ''} with tag ${left.join(', ')}, which no @OnMessage method takes`,
      'Add a method for them, @OnMessage() for the rest, or say with unmatchedMessage what becomes of them.',
    );
  }
}

const letsThrough = (subscription: Subscription, tag: string): boolean => selectedTags(subscription)?.includes(tag) ?? true;

/** Undefined: every tag there may be. */
const selectedTags = ({ selectorType, selectorExpression }: Subscription): string[] | undefined =>
  selectorType === 'TAG' && selectorExpression.trim() !== '*' ? tagsOf(selectorExpression) : undefined;

const topicsOf = (options: ResolvedListenerOptions): string[] => subscriptionsOf(options).map(({ topic }) => topic);
