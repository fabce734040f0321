import {
  BITSET_BITS_MAX,
  decodeBatchAck,
  decodeQueryAssignmentRequest,
  decodeQueryAssignmentResponse,
  decodeSetMessageRequestMode,
  encodeBatchAck,
  encodeQueryAssignmentResponse,
} from './pop.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const ACK = { c: 'g', t: 'T', r: '0', so: 10, q: 1, rq: 2, pt: 3, it: 4, b: 'DA==' };

describe('a batch of acknowledgements', () => {
  it('names messages by their distance from the start of the delivery', () => {
    const text = '{"acks":[{"b":"DAE=","c":"g","it":4,"pt":3,"q":1,"r":"0","rq":2,"so":10,"t":"T"}],"brokerName":"b"}';
    const body = decodeBatchAck(bytes(text));
    expect(body).toMatchObject({ brokerName: 'b', acks: [{ consumerGroup: 'g', topic: 'T', startOffset: 10, distances: [2, 3, 8] }] });
    expect(Buffer.from(encodeBatchAck(body)).toString()).toBe(text);
  });

  it('may use the long names', () => {
    const long = {
      consumerGroup: 'g',
      topic: 'T',
      retry: '1',
      startOffset: 10,
      queueId: 1,
      reviveQueueId: 2,
      popTime: 3,
      invisibleTime: 4,
      bitSet: 'DA==',
    };
    const short = decodeBatchAck(bytes(JSON.stringify({ acks: [{ ...ACK, r: '1' }] })));
    expect(decodeBatchAck(bytes(JSON.stringify({ acks: [long] })))).toEqual(short);
  });

  it('is empty without members, and refused with wrong ones', () => {
    expect(decodeBatchAck(bytes('{}')).acks).toEqual([]);
    expect(() => decodeBatchAck(bytes('{"acks":[{"c":"g"}]}'))).toThrow('topic');
    expect(() => decodeBatchAck(bytes(JSON.stringify({ acks: [{ ...ACK, so: 'x' }] })))).toThrow('so');
    const wide = Buffer.alloc(BITSET_BITS_MAX / 8 + 1).toString('base64');
    expect(() => decodeBatchAck(bytes(JSON.stringify({ acks: [{ ...ACK, b: wide }] })))).toThrow('at most 1048576');
  });
});

describe('assignments', () => {
  it('tell "nothing" from "cannot say"', () => {
    const written = [undefined, []].map((list) => Buffer.from(encodeQueryAssignmentResponse(list)));
    expect(written.map(String)).toEqual(['{}', '{"messageQueueAssignments":[]}']);
    expect(written.map((body) => decodeQueryAssignmentResponse(body))).toEqual([undefined, []]);
  });

  it('are asked for by topic and group', () => {
    expect(decodeQueryAssignmentRequest(bytes('{"topic":"T","consumerGroup":"g"}'))).toEqual({
      topic: 'T',
      consumerGroup: 'g',
      clientId: '',
      strategyName: '',
      messageModel: 'CLUSTERING',
    });
    expect(() => decodeQueryAssignmentRequest(bytes('{"topic":"T"}'))).toThrow('consumerGroup');
  });

  it('take an unknown mode as PULL, as Java does', () => {
    const mode = { topic: 'T', consumerGroup: 'g', mode: 'PULL', popShareQueueNum: 0 };
    expect(decodeSetMessageRequestMode(bytes('{"topic":"T","consumerGroup":"g","mode":"PUSH"}'))).toEqual(mode);
    expect(decodeSetMessageRequestMode(bytes('{"topic":"T","consumerGroup":"g","mode":"POP","popShareQueueNum":-1}'))).toEqual({
      ...mode,
      mode: 'POP',
      popShareQueueNum: -1,
    });
  });
});
