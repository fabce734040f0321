// Gives an application one remoting server and wires every @Handles method to it on init. Must never listen or close: the application's
// ordered lifecycle does, because only it knows what has to be ready first.
import { type DynamicModule, Inject, Module, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import type { RequestRow } from 'rocketmq-core/protocol';
import { createRemotingServer, type RemotingServer } from 'rocketmq-core/remoting';
import { ProcessorExplorer } from './processor.explorer.js';

/** The RemotingServer of this application. */
export const REMOTING_SERVER = Symbol.for('nest-rocketmq:remoting-server');
const REMOTING_SERVER_OPTIONS = Symbol.for('nest-rocketmq:remoting-server-options');

export interface RemotingServerModuleOptions {
  /** What createRemotingServer takes: network, clock, turn, logger, lanes, limits. */
  server: Parameters<typeof createRemotingServer>[0];
  /** Rows that must have a handler; boot fails listing those that have none. */
  mustServe?: readonly RequestRow[];
}

export interface RemotingServerModuleAsyncOptions<Args extends unknown[] = never[]> {
  imports?: ModuleMetadata['imports'];
  inject?: Array<string | symbol | (abstract new (...args: never[]) => unknown)>;
  useFactory: (...args: Args) => RemotingServerModuleOptions | Promise<RemotingServerModuleOptions>;
}

/** Injects the RemotingServer. */
export const InjectRemotingServer = (): ReturnType<typeof Inject> => Inject(REMOTING_SERVER);

@Module({})
export class RemotingServerModule {
  static forRoot(options: RemotingServerModuleOptions): DynamicModule {
    return RemotingServerModule.forRootAsync({ useFactory: () => options });
  }

  /** Global within its application; one per application, since the providers of the whole application are searched for handlers. */
  static forRootAsync<Args extends unknown[]>(options: RemotingServerModuleAsyncOptions<Args>): DynamicModule {
    return {
      module: RemotingServerModule,
      global: true,
      imports: [DiscoveryModule, ...(options.imports ?? [])],
      providers: [
        {
          provide: REMOTING_SERVER_OPTIONS,
          inject: options.inject ?? [],
          useFactory: options.useFactory as (...args: unknown[]) => unknown,
        },
        {
          provide: REMOTING_SERVER,
          inject: [REMOTING_SERVER_OPTIONS],
          useFactory: ({ server }: RemotingServerModuleOptions): RemotingServer => createRemotingServer(server),
        },
        {
          provide: ProcessorExplorer,
          inject: [DiscoveryService, REMOTING_SERVER, REMOTING_SERVER_OPTIONS],
          useFactory: (discovery: DiscoveryService, server: RemotingServer, { mustServe }: RemotingServerModuleOptions) =>
            new ProcessorExplorer(discovery, server, mustServe ?? []),
        },
      ],
      exports: [REMOTING_SERVER],
    };
  }
}
