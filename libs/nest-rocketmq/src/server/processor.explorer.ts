// Finds every @Handles method among the providers and gives it to the remoting server. Must never decide what a request means.
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { RequestRow } from 'rocketmq-core/protocol';
import type { Handler, RemotingServer } from 'rocketmq-core/remoting';
import { handlesOf } from './handles.decorator.js';

/** The set of handlers is not what the server needs: a bug in the wiring, found at boot. */
export class ProcessorWiringError extends Error {
  /** The codes in question, ascending. */
  readonly codes: readonly number[];

  constructor(problems: ReadonlyMap<number, string>) {
    const codes = [...problems.keys()].toSorted((a, b) => a - b);
    super(`handlers cannot be wired: ${codes.map((code) => problems.get(code)).join('; ')}`);
    this.name = 'ProcessorWiringError';
    this.codes = codes;
  }
}

export interface ServedHandler {
  readonly row: RequestRow;
  /** `Class#method`, for messages. */
  readonly where: string;
  readonly handler: Handler<RequestRow>;
}

/** Pairs rows with bound methods of the given instances; refuses two handlers for one code and rows of `mustServe` without one. */
export function collectHandlers(instances: Iterable<unknown>, mustServe: readonly RequestRow[] = []): ServedHandler[] {
  const byCode = new Map<number, ServedHandler>();
  const problems = new Map<number, string>();
  for (const instance of new Set(instances)) {
    if (typeof instance !== 'object' || instance === null) continue;
    const prototype = Object.getPrototypeOf(instance) as object | null;
    for (const { row, methodName } of handlesOf(prototype)) {
      const where = `${prototype!.constructor.name}#${methodName}`;
      const earlier = byCode.get(row.code);
      if (earlier !== undefined) {
        problems.set(row.code, `code ${row.code} ${row.name} is handled twice, by ${earlier.where} and ${where}`);
        continue;
      }
      const method = (instance as Record<string, Handler<RequestRow>>)[methodName]!;
      byCode.set(row.code, { row, where, handler: method.bind(instance) });
    }
  }
  for (const row of mustServe) {
    if (!byCode.has(row.code)) problems.set(row.code, `code ${row.code} ${row.name} has no handler`);
  }
  if (problems.size > 0) throw new ProcessorWiringError(problems);
  return [...byCode.values()].toSorted((a, b) => a.row.code - b.row.code);
}

export class ProcessorExplorer implements OnModuleInit {
  private readonly discovery: DiscoveryService;
  private readonly server: RemotingServer;
  private readonly mustServe: readonly RequestRow[];

  constructor(discovery: DiscoveryService, server: RemotingServer, mustServe: readonly RequestRow[]) {
    this.discovery = discovery;
    this.server = server;
    this.mustServe = mustServe;
  }

  onModuleInit(): void {
    const instances = this.discovery
      .getProviders()
      .filter((wrapper) => wrapper.isDependencyTreeStatic())
      .map((wrapper) => wrapper.instance as unknown);
    for (const { row, handler } of collectHandlers(instances, this.mustServe)) this.server.handle(row, handler);
  }
}
