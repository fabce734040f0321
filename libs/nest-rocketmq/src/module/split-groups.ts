// Consumer groups that several clients of an application join with different subscriptions: listeners of two connections, a listener and the
// pull consumer. Must never connect, log or change anything.
import { describeSubscriptions, groupKeyOf, type ListenerDefinition, subscriptionsOf, uniteSubscriptions } from '../listener/index.js';
import { type ConfigurationProblem, type RocketMQOptions, show } from '../options/index.js';
import { groupMemberOf, switchedOn } from './listener-switches.js';

/** A connection with the listeners that are sound by themselves. */
export interface GroupOwner {
  readonly label: string;
  readonly options: RocketMQOptions;
  readonly listeners: readonly ListenerDefinition[];
}

interface Membership {
  readonly owner: GroupOwner;
  readonly first: ListenerDefinition;
  readonly subscriptions: string;
}

/** The broker keeps one subscription per group: two consumers with different ones make each other lose messages. */
export function findSplitGroups(owners: readonly GroupOwner[]): ConfigurationProblem[] {
  const known = new Map<string, Membership>();
  const problems: ConfigurationProblem[] = [];
  for (const owner of owners) {
    for (const [key, mine] of membershipsOf(owner)) {
      const other = known.get(key);
      if (other === undefined) known.set(key, mine);
      else if (other.subscriptions !== mine.subscriptions) problems.push(splitOf(mine, other));
    }
  }
  return problems;
}

function splitOf({ first: { className, options }, subscriptions }: Membership, other: Membership): ConfigurationProblem {
  return {
    where: className,
    option: 'consumerGroup',
    problem:
      `group ${show(options.consumerGroup)} is subscribed to ${subscriptions} here and to ${other.subscriptions} in ` +
      `${other.first.className}, of ${other.owner.label} with the same name server`,
    remedy: 'Give both the same connection, where they share one consumer, or one of them a group of its own.',
  };
}

/** The groups of a connection, with what their listeners want together. */
function membershipsOf(owner: GroupOwner): Map<string, Membership> {
  const { options } = owner;
  const groups = new Map<string, ListenerDefinition[]>();
  for (const definition of owner.listeners) {
    const left = switchedOn(definition, options.consumer);
    if (left === undefined) continue;
    const nameServer = left.options.nameServer ?? options.nameServer;
    const key = `${nameServer}\n${groupKeyOf(groupMemberOf(left, { ...options, nameServer }))}`;
    groups.set(key, [...(groups.get(key) ?? []), left]);
  }
  return new Map([...groups].map(([key, members]) => [key, { owner, first: members[0]!, subscriptions: wantedBy(members) }]));
}

/** In one form, whatever the order of topics and tags. */
function wantedBy(members: readonly ListenerDefinition[]): string {
  const united = uniteSubscriptions(members.flatMap(({ options }) => subscriptionsOf(options)));
  const ordered = united.map((each) => ({ ...each, selectorExpression: inOrder(each.selectorType, each.selectorExpression) }));
  return describeSubscriptions(ordered.toSorted((a, b) => (a.topic < b.topic ? -1 : 1)));
}

function inOrder(selectorType: string, expression: string): string {
  if (selectorType !== 'TAG') return expression.trim();
  return expression
    .split('||')
    .map((tag) => tag.trim())
    .toSorted()
    .join(' || ');
}

/** `receive()` and a listener of one group would take each other's messages. */
export function findSharedWithPull(options: RocketMQOptions, listeners: readonly ListenerDefinition[]): ConfigurationProblem[] {
  const group: unknown = (options as Partial<RocketMQOptions> | undefined)?.pullConsumer?.group;
  const shared = listeners.filter((listener) => listener.options.consumerGroup === group && listener.options.nameServer === undefined);
  return shared.map(({ className }) => ({
    where: className,
    option: 'consumerGroup',
    problem: `group ${show(group)} is also pullConsumer.group of the module, so receive() would take messages of this class`,
    remedy: 'Give one of them a group of its own.',
  }));
}
