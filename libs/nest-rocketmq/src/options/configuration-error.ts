// Everything wrong with a module's or its listeners' options, in one error. Must never be thrown for the first problem alone.
import { reasonOf } from 'rocketmq-core/common';
import { ConfigError, type ConfigProblem } from 'rocketmq-core/errors';
import { nearest, unknownNames } from './known-names.js';

/** One wrong or missing option: where it stands, its name, what was found, what to do. */
export interface ConfigurationProblem {
  /** `RocketMQModule "default"` or the listener's class name. */
  readonly where: string;
  readonly option: string;
  readonly problem: string;
  readonly remedy: string;
}

export class RocketMQConfigurationError extends ConfigError {
  readonly details: readonly ConfigurationProblem[];

  constructor(where: string, details: readonly ConfigurationProblem[]) {
    super(where, details.map(asConfigProblem));
    this.details = details;
    const lines = details.map(({ where: at, option, problem, remedy }) => `  - ${at}: ${option}: ${problem}. ${remedy}`);
    this.message = `${where} cannot start, ${details.length === 1 ? '1 option is' : `${details.length} options are`} wrong:\n${lines.join('\n')}`;
  }
}

const asConfigProblem = ({ where, option, problem }: ConfigurationProblem): ConfigProblem => ({ key: `${where}.${option}`, problem });

/** Gathers problems of one place. */
export class ProblemList {
  readonly found: ConfigurationProblem[] = [];

  constructor(private readonly where: string) {}

  add(option: string, problem: string, remedy: string): void {
    this.found.push({ where: this.where, option, problem, remedy });
  }

  /** Members of an options object that are none of its options; `prefix` as in `producer.`. */
  known(prefix: string, given: object, known: readonly string[]): void {
    for (const { name, remedy } of unknownNames(given, known)) this.add(prefix + name, 'is unknown', remedy);
  }

  integer(option: string, value: unknown, min: number, max: number, unit: string): void {
    if (value === undefined) return;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return;
    this.add(
      option,
      `${show(value)} is no integer within ${min}..${max}`,
      `Give a number${unit === '' ? '' : ` of ${unit}`} within ${min}..${max}.`,
    );
  }

  boolean(option: string, value: unknown): void {
    if (value === undefined || typeof value === 'boolean') return;
    this.add(option, `${show(value)} is neither true nor false`, 'Give true or false.');
  }

  oneOf(option: string, value: unknown, allowed: readonly string[]): void {
    if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
    const meant = typeof value === 'string' ? nearest(value, allowed) : undefined;
    const guess = meant === undefined ? '' : `Did you mean ${meant}? `;
    this.add(option, `${show(value)} is unknown`, `${guess}Give one of ${allowed.join(', ')}.`);
  }

  /** A legal name of a topic or group, checked with the client's own rule. */
  name(option: string, value: unknown, validate: (name: string) => void): void {
    if (typeof value !== 'string' || value.trim() === '') {
      this.add(option, value === undefined ? 'is missing' : `${show(value)} is no name`, 'Give a non-empty string.');
      return;
    }
    try {
      validate(value);
    } catch (error) {
      this.add(option, reasonOf(error), 'Give a legal name.');
    }
  }
}

/** A value as it may stand in a message: short, on one line. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
