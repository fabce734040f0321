// Request frames for the lean load: SEND_MESSAGE_V2 and PULL_MESSAGE as bytes with holes for what changes.

export type Form = 'JSON' | 'ROCKETMQ';

function frame(form: Form, code: number, opaque: number, extFields: Record<string, string>, body: Buffer): Buffer {
  const header = form === 'JSON' ? jsonHeader(code, opaque, extFields) : binaryHeader(code, opaque, extFields);
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + header.length + body.length, 0);
  head.writeInt32BE(header.length, 4);
  head[4] = form === 'JSON' ? 0 : 1;
  return Buffer.concat([head, header, body]);
}

function jsonHeader(code: number, opaque: number, extFields: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify({ code, extFields, flag: 0, language: 'JAVA', opaque, serializeTypeCurrentRPC: 'JSON', version: 513 }));
}

function binaryHeader(code: number, opaque: number, extFields: Record<string, string>): Buffer {
  const fields: Buffer[] = [];
  for (const [key, value] of Object.entries(extFields)) {
    const head = Buffer.alloc(2);
    head.writeInt16BE(key.length);
    const length = Buffer.alloc(4);
    length.writeInt32BE(Buffer.byteLength(value));
    fields.push(head, Buffer.from(key), length, Buffer.from(value));
  }
  const ext = Buffer.concat(fields);
  const head = Buffer.alloc(21);
  head.writeInt16BE(code, 0);
  head.writeInt16BE(513, 3);
  head.writeInt32BE(opaque, 5);
  head.writeInt32BE(ext.length, 17);
  return Buffer.concat([head, ext]);
}

/** A frame whose opaque (and one run of digits per mark) can be overwritten in place. */
export class FrameTemplate {
  readonly length: number;
  private readonly opaqueAt: number;

  constructor(
    private readonly bytes: Buffer,
    private readonly form: Form,
  ) {
    this.length = bytes.length;
    this.opaqueAt = form === 'JSON' ? bytes.indexOf('"opaque":1000000000') + '"opaque":'.length : 8 + 5;
  }

  /** Position of a text, for patching. */
  find(text: string): number {
    return this.bytes.indexOf(text);
  }

  write(out: Buffer, at: number, opaque: number): number {
    this.bytes.copy(out, at);
    if (this.form === 'ROCKETMQ') out.writeInt32BE(opaque, at + this.opaqueAt);
    else writeDigits(out, at + this.opaqueAt, 10, 1_000_000_000 + (opaque % 1_000_000_000));
    return at + this.length;
  }
}

/** Exactly `width` decimal digits, zero-padded. */
export function writeDigits(out: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = width - 1; i >= 0; i--) {
    const next = Math.floor(rest / 10);
    out[at + i] = 0x30 + (rest - next * 10);
    rest = next;
  }
}

const COUNTER = '00000000';

export interface SendFrameOptions {
  form: Form;
  topic: string;
  brokerName: string;
  queueCount: number;
  bodyBytes: number;
}

/** A writer of sends that goes round the queues and gives every message its own UNIQ_KEY. */
export function sendFrames(options: SendFrameOptions): { write(out: Buffer, at: number, opaque: number): number; maxBytes: number } {
  const { form, topic, brokerName, queueCount, bodyBytes } = options;
  let sequence = 0;
  const templates = Array.from({ length: queueCount }, (_, queueId) => {
    const properties = `UNIQ_KEY\u00017F000001${process.pid.toString(16).padStart(8, '0').toUpperCase()}18B4AAC2${COUNTER}\u0002WAIT\u0001true\u0002TAGS\u0001TagA\u0002`;
    const extFields = {
      a: 'lean_producer',
      b: topic,
      c: 'TBW102',
      d: '4',
      e: String(queueId),
      f: '0',
      g: String(Date.now()),
      h: '0',
      i: properties,
      j: '0',
      k: 'false',
      m: 'false',
      n: brokerName,
    };
    const template = new FrameTemplate(frame(form, 310, 1_000_000_000, extFields, Buffer.alloc(bodyBytes, 0x61)), form);
    return { template, counterAt: template.find(`18B4AAC2${COUNTER}`) + 8 };
  });
  return {
    maxBytes: Math.max(...templates.map(({ template }) => template.length)),
    write(out, at, opaque) {
      const { template, counterAt } = templates[sequence % queueCount]!;
      const end = template.write(out, at, opaque);
      writeDigits(out, at + counterAt, 8, sequence++ % 100_000_000);
      return end;
    },
  };
}

/** One pull of 32 from `queueOffset` on; offsets are written with 15 digits, leading zeros are legal for every peer. */
export function pullFrame(form: Form, topic: string, consumerGroup: string, queueId: number, queueOffset: number): FrameTemplate {
  const extFields = {
    consumerGroup,
    topic,
    queueId: String(queueId),
    queueOffset: String(queueOffset),
    maxMsgNums: '32',
    sysFlag: '0',
    commitOffset: '0',
    suspendTimeoutMillis: '15000',
    subVersion: '0',
    expressionType: 'TAG',
  };
  return new FrameTemplate(frame(form, 11, 1_000_000_000, extFields, Buffer.alloc(0)), form);
}
