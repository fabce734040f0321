// What Nest notes on the classes of providers, for decorators that stand in for @Injectable(). Must never overwrite what an application has said.
import 'reflect-metadata';
import { Injectable } from '@nestjs/common';

/** Nest's own mark of an injectable class. */
const INJECTABLE_METADATA = '__injectable__';
/** Nest's own mark of a provider that is called from outside: request-scoped global enhancers then count for it. */
const ENTRY_PROVIDER_METADATA = '__entryProvider__';

/** An @Injectable({ scope }) below the decorator has been applied already and keeps its scope. */
export function markInjectable(type: object): void {
  if (!Reflect.hasOwnMetadata(INJECTABLE_METADATA, type)) Injectable()(type as never);
}

export function markEntryProvider(type: object): void {
  Reflect.defineMetadata(ENTRY_PROVIDER_METADATA, true, type);
}
