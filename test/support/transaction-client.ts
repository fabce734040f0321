// A producer of transactions at the level of requests: half messages, their ends, and the checks a broker asks of it. Must never decide by itself.
import { decodeMessage, encodeProperties, type MessageExt } from 'rocketmq-core/message';
import {
  CHECK_TRANSACTION_STATE,
  encodeHeartbeatData,
  END_TRANSACTION,
  HEART_BEAT,
  type RequestHeader,
  SEND_MESSAGE_V2,
} from 'rocketmq-core/protocol';
import { BrokerClient } from './broker-client.js';

export const COMMIT = 8;
export const ROLLBACK = 12;
export const UNKNOWN = 0;

/** Where a half message lies, as its producer was told. */
export interface Half {
  readonly body: string;
  readonly msgId: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
}

export interface Check {
  readonly header: RequestHeader<typeof CHECK_TRANSACTION_STATE>;
  readonly message: MessageExt;
}

export class TransactionClient extends BrokerClient {
  readonly checks: Check[] = [];
  private ids = 0;

  constructor(
    address: string,
    readonly group = 'tx-group',
    private readonly clientId = 'tx-client',
  ) {
    super(address);
    this.remoting.handle(CHECK_TRANSACTION_STATE, ({ header, body }) => {
      this.checks.push({ header, message: decodeMessage(body) });
      return { code: 'SUCCESS' };
    });
  }

  /** Joins the producer group, so that checks may come. */
  join() {
    const data = {
      clientID: this.clientId,
      producerDataSet: [{ groupName: this.group }],
      consumerDataSet: [],
      heartbeatFingerprint: 0,
      withoutSub: false,
    };
    return this.remoting.invoke(HEART_BEAT, this.address, {}, { body: encodeHeartbeatData(data) });
  }

  sendPrepared(topic: string, body: string, properties: Record<string, string> = {}, bornTimestamp = Date.now()) {
    const all = { UNIQ_KEY: `${this.clientId}-${this.ids++}`, TRAN_MSG: 'true', PGROUP: this.group, ...properties };
    const header = {
      producerGroup: this.group,
      topic,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 2,
      queueId: 1,
      sysFlag: 4,
      bornTimestamp,
      flag: 9,
      properties: encodeProperties(new Map(Object.entries(all))),
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    };
    return this.remoting.invoke(SEND_MESSAGE_V2, this.address, header, { body: Buffer.from(body) });
  }

  async half(topic: string, body: string, properties: Record<string, string> = {}, bornTimestamp?: number): Promise<Half> {
    const { code, remark, header } = await this.sendPrepared(topic, body, properties, bornTimestamp);
    if (code !== 0) throw new Error(`half message refused: ${code} ${remark}`);
    const { msgId, queueOffset, transactionId } = header!;
    return { body, msgId: transactionId!, queueOffset, physicalOffset: parseInt(msgId.slice(-16), 16) };
  }

  /** Two-way, so that the answer is seen. */
  end(half: Pick<Half, 'queueOffset' | 'physicalOffset'>, decision: number, wish: { group?: string; fromCheck?: boolean } = {}) {
    return this.remoting.invoke(END_TRANSACTION, this.address, {
      producerGroup: wish.group ?? this.group,
      tranStateTableOffset: half.queueOffset,
      commitLogOffset: half.physicalOffset,
      commitOrRollback: decision,
      fromTransactionCheck: wish.fromCheck ?? false,
      msgId: 'x',
    });
  }

  answer({ header }: Check, decision: number) {
    return this.end({ queueOffset: header.tranStateTableOffset, physicalOffset: header.commitLogOffset }, decision, { fromCheck: true });
  }

  /** Everything in one queue, as consumers see it. */
  async all(topic: string, queueId = 1): Promise<MessageExt[]> {
    const found: MessageExt[] = [];
    for (;;) {
      const page = await this.messages({ topic, queueId, offset: found.length });
      if (page.length === 0) return found;
      found.push(...page);
    }
  }

  async bodies(topic: string, queueId = 1): Promise<string[]> {
    return (await this.all(topic, queueId)).map((message) => message.text());
  }
}
