// Listeners of one group that cannot share one consumer: settings that differ, messages two of them want. Must never connect, log or change
// anything, nor tell the value of a secret.
import { isDeepStrictEqual } from 'node:util';
import { type ConfigurationProblem, ProblemList, show } from '../options/index.js';
import type { ListenerMode } from './listener-definition.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import { type Subscription, subscriptionsOf, tagsOf } from './subscriptions.js';

/** `merge`: listeners of one group share one consumer; `error`: a group belongs to one listener. */
export type SameGroupPolicy = 'merge' | 'error';

/** A listener as far as its group is concerned. */
export interface GroupMember {
  readonly className: string;
  /** Absent: not comparable. */
  readonly type?: object | undefined;
  /** Groups of different clusters, or namespaces, are different groups. */
  readonly cluster: string;
  readonly options: ResolvedListenerOptions;
  readonly mode: ListenerMode;
}

/** Members with an equal key share a consumer. */
export const groupKeyOf = ({ cluster, options }: Pick<GroupMember, 'cluster' | 'options'>): string =>
  `${cluster}\n${options.consumerGroup}`;

/**
 * Whose an option is. `own`: each listener's; `shared`: the consumer's, so listeners of one consumer must agree; `secret`: as shared, but only
 * that they differ is told; `key`: tells groups apart.
 */
const SCOPES = {
  topic: 'own',
  subscriptions: 'own',
  selectorType: 'own',
  selectorExpression: 'own',
  messageType: 'own',
  invalidMessage: 'own',
  refusedMessage: 'own',
  unmatchedMessage: 'own',
  applyGlobalEnhancers: 'own',
  asyncContext: 'own',
  replyTimeout: 'own',
  delayLevelWhenNextConsume: 'own',
  awaitTerminationMillisWhenShutdown: 'own',
  id: 'own',
  enabled: 'own',
  consumerGroup: 'key',
  connection: 'key',
  nameServer: 'key',
  namespace: 'key',
  namespaceV2: 'key',
  consumeMode: 'shared',
  messageModel: 'shared',
  consumeThreadNumber: 'shared',
  consumeThreadMax: 'shared',
  maxReconsumeTimes: 'shared',
  consumeTimeout: 'shared',
  suspendCurrentQueueTimeMillis: 'shared',
  instanceName: 'shared',
  unitName: 'shared',
  unitMode: 'shared',
  pullInterval: 'shared',
  pullBatchSize: 'shared',
  consumeMessageBatchMaxSize: 'shared',
  consumeFromWhere: 'shared',
  accessChannel: 'shared',
  enableMsgTrace: 'shared',
  customizedTraceTopic: 'shared',
  autoStart: 'shared',
  startup: 'shared',
  phase: 'shared',
  tlsEnable: 'shared',
  accessKey: 'secret',
  secretKey: 'secret',
  securityToken: 'secret',
  tls: 'secret',
} as const satisfies Record<keyof ResolvedListenerOptions, 'own' | 'key' | 'shared' | 'secret'>;

const OPTIONS = Object.keys(SCOPES) as Array<keyof typeof SCOPES>;

/** Each member is compared with those of its group before it. */
export function findGroupConflicts(members: readonly GroupMember[], policy: SameGroupPolicy = 'merge'): ConfigurationProblem[] {
  const groups = new Map<string, GroupMember[]>();
  const problems: ConfigurationProblem[] = [];
  for (const member of members) {
    const earlier = groups.get(groupKeyOf(member));
    if (earlier === undefined) groups.set(groupKeyOf(member), [member]);
    else {
      problems.push(...conflictsOf(member, earlier, policy));
      earlier.push(member);
    }
  }
  return problems;
}

function conflictsOf(member: GroupMember, earlier: readonly GroupMember[], policy: SameGroupPolicy): readonly ConfigurationProblem[] {
  const problems = new ProblemList(member.className);
  const [first] = earlier;
  const group = `group "${member.options.consumerGroup}"`;
  if (policy === 'error') {
    problems.add(
      'consumerGroup',
      `${group} belongs to ${first!.className}, and consumer.allowSameGroup is "error"`,
      'Give this class a group of its own, or let consumer.allowSameGroup be "merge".',
    );
    return problems.found;
  }
  if ((member.mode === 'BATCH') !== (first!.mode === 'BATCH')) {
    problems.add(
      'onMessages',
      `stands in one of this class and ${first!.className} only, of the same ${group}`,
      'Listeners of one group share one consumer, and it gives either batches or single messages: let both have onMessages, or give this class a group of its own.',
    );
  }
  for (const option of OPTIONS.filter((each) => SCOPES[each] === 'shared' || SCOPES[each] === 'secret')) {
    const [here, there] = [member.options[option], first!.options[option]];
    if (isDeepStrictEqual(here, there)) continue;
    const difference =
      SCOPES[option] === 'secret'
        ? `is not that of ${first!.className}`
        : `is ${show(here)} here and ${show(there)} in ${first!.className}`;
    const remedy = `Listeners of one group share one consumer: give both the same ${option}, or this one a group of its own.`;
    problems.add(option, `${difference}, of the same ${group}`, remedy);
  }
  // Broadcasting gives each listener everything it wants.
  if (member.options.messageModel === 'CLUSTERING') for (const other of earlier) addOverlap(member, other, problems);
  return problems.found;
}

function addOverlap(member: GroupMember, other: GroupMember, problems: ProblemList): void {
  const theirs = new Map(subscriptionsOf(other.options).map((each) => [each.topic, each]));
  for (const subscription of subscriptionsOf(member.options)) {
    const met = theirs.get(subscription.topic);
    const both = met === undefined ? undefined : overlapOf(subscription, met);
    if (both === undefined) continue;
    if (member.type !== undefined && member.type === other.type) {
      problems.add(
        'consumerGroup',
        `the class is a listener of group "${member.options.consumerGroup}" twice, with ${both} of topic ${subscription.topic}`,
        'Provide it in one module, which exports it, and import that module elsewhere; ' +
          'if it was registered at run time, give it a group of its own there.',
      );
      continue;
    }
    problems.add(
      'consumerGroup',
      `group "${member.options.consumerGroup}" would give ${both} of topic ${subscription.topic} to this class and to ${other.className}`,
      'A group handles each message once: give one of them a group of its own if both shall get it, let their tags differ, ' +
        'or keep one class and raise consumeThreadNumber.',
    );
  }
}

/** Which messages of a topic two subscriptions both want; undefined: none. */
function overlapOf(a: Subscription, b: Subscription): string | undefined {
  if (a.selectorType !== 'TAG' || b.selectorType !== 'TAG') return 'messages that match both selectors (SQL92 cannot be told apart)';
  const [tagsOfA, tagsOfB] = [tagsOf(a), tagsOf(b)];
  if (tagsOfA === undefined && tagsOfB === undefined) return 'every message';
  if (tagsOfA === undefined || tagsOfB === undefined) return `tag ${[...(tagsOfA ?? tagsOfB)!].join(', ')}`;
  const both = [...tagsOfA].filter((tag) => tagsOfB.has(tag));
  return both.length === 0 ? undefined : `tag ${both.join(', ')}`;
}
