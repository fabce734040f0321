// RocketMQTestingModule: imported beside the application's module, it puts a cluster in this process and a clock of the test under every
// connection. Must never need the application to change.
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { SystemClock, VirtualClock } from 'rocketmq-core/common';
import { ROCKETMQ_TEST_ENVIRONMENT, type RocketMQTestEnvironment } from '../module/index.js';
import { FaultInterceptor } from './fault.interceptor.js';
import { RocketMQFaults } from './faults.js';
import { MessageRecorder } from './message-recorder.js';
import { RocketMQTesting } from './rocketmq-testing.js';
import { startTestCluster, type TestCluster, type TestClusterOptions } from './test-cluster.js';

const CLOCK = 'RocketMQTestingClock';
const CLUSTER = 'RocketMQTestingCluster';

/** Topics before listeners, the cluster's end after everything else. */
class TestingLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly testing: RocketMQTesting) {}

  onApplicationBootstrap(): Promise<void> {
    return this.testing.openTopics();
  }

  onApplicationShutdown(): Promise<void> {
    return this.testing.close();
  }
}

@Module({})
export class RocketMQTestingModule {
  /**
   * `Test.createTestingModule({ imports: [AppModule, RocketMQTestingModule.forRoot()] })`: whatever name server, embedded cluster, clock or TLS
   * the application's connections name, they get those of the test. `module.get(RocketMQTesting)` is the way to them.
   */
  static forRoot(options: TestClusterOptions = {}): DynamicModule {
    return {
      module: RocketMQTestingModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: CLOCK, useFactory: () => new VirtualClock(new SystemClock()) },
        { provide: CLUSTER, useFactory: (clock: VirtualClock) => startTestCluster(options, clock), inject: [CLOCK] },
        {
          provide: ROCKETMQ_TEST_ENVIRONMENT,
          useFactory: ({ nameServer }: TestCluster, clock: VirtualClock): RocketMQTestEnvironment => ({ nameServer, clock }),
          inject: [CLUSTER, CLOCK],
        },
        { provide: RocketMQFaults, useFactory: () => new RocketMQFaults() },
        { provide: FaultInterceptor, useFactory: (faults: RocketMQFaults) => new FaultInterceptor(faults), inject: [RocketMQFaults] },
        {
          provide: MessageRecorder,
          useFactory: (clock: VirtualClock, faults: RocketMQFaults) => new MessageRecorder(clock, faults),
          inject: [CLOCK, RocketMQFaults],
        },
        {
          provide: RocketMQTesting,
          useFactory: (
            cluster: TestCluster,
            clock: VirtualClock,
            recorder: MessageRecorder,
            faults: RocketMQFaults,
            discovery: DiscoveryService,
          ) => new RocketMQTesting({ cluster, clock, real: new SystemClock(), recorder, faults, discovery }),
          inject: [CLUSTER, CLOCK, MessageRecorder, RocketMQFaults, DiscoveryService],
        },
        { provide: TestingLifecycle, useFactory: (testing: RocketMQTesting) => new TestingLifecycle(testing), inject: [RocketMQTesting] },
      ],
      exports: [ROCKETMQ_TEST_ENVIRONMENT, RocketMQTesting],
    };
  }
}
