// A producer of transactions as a process of its own, so that a test can kill it, or have it kill itself at a step. What it decides about a
// transaction follows from its number alone, so that any other member decides the same. Tells each step on stdout before it goes on.
import { writeSync } from 'node:fs';
import { sleep, SystemClock } from 'rocketmq-core/common';
import { LocalTransactionState, Message, TransactionMQProducer } from 'rocketmq-core';
import { answerOf, decisionOf, TRANSACTION_GROUP } from './transaction-plan.js';

const [nameServer, topic, first, count, atOnce, dieAt = 'never', dieAfter = '0'] = process.argv.slice(2) as string[];
const STDOUT = 1;
/** After a send that failed: the broker is starting again. */
const PAUSE_MS = 300;
const clock = new SystemClock();
let steps = 0;

/** A pipe that is full is tried again: a step that was not told has not happened. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(STDOUT, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function step(name: string, id: number): void {
  tell(`${name} ${id}\n`);
  if (name === dieAt && ++steps > Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
}

const idOf = (body: Uint8Array): number => Number(Buffer.from(body).toString());

const producer = new TransactionMQProducer(TRANSACTION_GROUP, {
  namesrvAddr: nameServer,
  heartbeatBrokerInterval: 300,
  pollNameServerInterval: 500,
  sendMsgTimeout: 3000,
  checkThreadPoolMaxSize: 8,
  transactionListener: {
    executeLocalTransaction({ body }: Message) {
      const id = idOf(body);
      step('stored', id);
      const answer = answerOf(id);
      step('executed', id);
      if (answer === 'throws') throw new Error('the local transaction lost its database');
      return answer;
    },
    checkLocalTransaction({ body }) {
      step('checked', idOf(body));
      return decisionOf(idOf(body)) === 'commit' ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
    },
  },
});
await producer.start();
tell('ready\n');

let next = Number(first);
const end = next + Number(count);
async function loop(): Promise<void> {
  while (next < end) {
    const id = next++;
    step('begins', id);
    try {
      await producer.sendMessageInTransaction(new Message(topic!, 'tag', `k${id}`, String(id)));
      step('told', id);
    } catch {
      step('refused', id);
      await sleep(clock, PAUSE_MS);
    }
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, loop));
tell('finished\n');
// It stays, as a member that answers for those who died, until it is told to end.
const stay = clock.setPeriodic(() => undefined, 1000);
process.stdin.resume();
process.stdin.once('end', () => {
  stay.cancel();
  void producer.shutdown().then(() => process.exit(0));
});
