// An application with a cluster inside it keeps its own log: Nest has one logger per process, and the embedded servers are Nest applications too.
import { Logger, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

class Lines implements LoggerService {
  readonly lines: string[] = [];
  private note(level: string, message: unknown, rest: readonly unknown[]): void {
    this.lines.push(`${level} [${String(rest.at(-1))}] ${String(message)}`);
  }
  log(message: unknown, ...rest: unknown[]): void {
    this.note('log', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.note('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.note('warn', message, rest);
  }
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', messageType: String, maxReconsumeTimes: 0 })
class FailingListener {
  onMessage(text: string): void {
    throw new Error(`cannot take ${text}`);
  }
}

@Module({ imports: [RocketMQModule.forRoot({ embedded: true })], providers: [FailingListener] })
class AppModule {}

describe('the log of an application with embedded: true', () => {
  it('has its boot lines, its listener, its own words and what failed, but not the modules of the servers', async () => {
    const log = new Lines();
    const app = await NestFactory.createApplicationContext(AppModule, { logger: log, abortOnError: false });
    try {
      expect(log.lines.filter((line) => line.includes('FailingListener.onMessage -> topic=orders'))).toHaveLength(1);
      expect(log.lines.some((line) => line.includes('embedded RocketMQ cluster is running'))).toBe(true);
      expect(log.lines.filter((line) => /\[InstanceLoader\] (Broker|Namesrv)/.test(line))).toEqual([]);
      new Logger('Shop').error('my own word');
      expect(log.lines).toContain('error [Shop] my own word');
      await app.get(RocketMQTemplate).syncSend('orders', 'this one');
      await until(() => log.lines.some((line) => line.startsWith('warn') && line.includes('cannot take this one')));
    } finally {
      await app.close();
    }
  });

  it('survives a cluster that cannot start, and a restart of a broker', async () => {
    const log = new Lines();
    Logger.overrideLogger(log);
    await expect(EmbeddedRocketMQ.start({ brokerConfig: { flushDiskType: 'SOMETIMES' as never } })).rejects.toThrow('flushDiskType');
    new Logger('Shop').warn('still here');
    const cluster = await EmbeddedRocketMQ.start();
    try {
      await cluster.restartBroker();
      new Logger('Shop').warn('and here');
    } finally {
      await cluster.stop();
    }
    expect(log.lines).toEqual(['warn [Shop] still here', 'warn [Shop] and here']);
  });
});
