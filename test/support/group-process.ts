// Members of a group in a process of their own, so that a test can kill, stop and wake them. Joins and leaves by words on stdin, tells every
// listener call on stdout before and after it. Must never buffer what it tells.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { ConsumeConcurrentlyStatus, ConsumeOrderlyStatus, DefaultMQPushConsumer, type MessageExt } from 'rocketmq-core';
import { consoleLogger } from './console-logger.js';
import { FastClock } from './fast-clock.js';
import type { GroupSettings } from './group-host.js';

const settings = JSON.parse(process.argv[2]!) as GroupSettings;
const clock = new FastClock(settings.speed);
const members = new Map<string, DefaultMQPushConsumer>();
const STDOUT = 1;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
/** Waits for a parent that is busy: stdout does not block here, and a listener that throws has its message delivered again. */
function tell(...words: Array<string | number>): void {
  let bytes = Buffer.from(`${words.join(' ')}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STDOUT, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

async function listen(member: string, [message]: MessageExt[]): Promise<void> {
  const { brokerName, queueId, queueOffset } = message!;
  const place = `${brokerName}/${queueId} ${queueOffset}`;
  const text = message!.text();
  tell('begin', member, place, text, clock.looks[0], FastClock.realMs());
  if (text === settings.exitOn) process.exit(9);
  if (text === settings.throwOn) throw new Error(`${text} is poison`);
  await wait(settings.listenMs);
  tell('end', member, place, FastClock.realMs());
}

async function join(member: string): Promise<void> {
  const { nameServer: namesrvAddr, topic, group, options, orderly } = settings;
  const consumer = new DefaultMQPushConsumer(group, {
    namesrvAddr,
    clock,
    instanceName: member,
    clientIP: '127.0.0.1',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    ...(process.env['GROUP_LOG'] === undefined ? {} : { logger: consoleLogger(member) }),
    ...options,
  });
  consumer.subscribe(topic);
  if (orderly) {
    consumer.registerMessageListenerOrderly(async (messages) => {
      await listen(member, messages);
      return ConsumeOrderlyStatus.SUCCESS;
    });
  } else {
    consumer.registerMessageListenerConcurrently(async (messages) => {
      await listen(member, messages);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
  }
  await consumer.start();
  members.set(member, consumer);
}

async function obey([word, argument]: string[]): Promise<void> {
  if (word === 'join') await join(argument!);
  if (word === 'leave') await members.get(argument!)!.shutdown(settings.leaveWithinMs);
  if (word === 'leave') members.delete(argument!);
  if (word === 'jump') clock.jump(Number(argument));
  tell('done', word!, argument!);
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(line.split(' ')))
  .on('close', () => {
    const ends = [...members.values()].map((member) => member.shutdown(settings.leaveWithinMs));
    void Promise.all(ends).then(() => process.exit(0));
  });
tell('ready');
