import fc from 'fast-check';
import { MalformedCommandError } from '../errors/index.js';
import { LANGUAGE_JAVA, type RemotingCommand } from '../protocol/index.js';
import { decodeCommand, encodeCommand } from './command-codec.js';
import { frameBytes, FrameDecoder } from './frame-decoder.js';

function command(opaque: number, body: string | undefined, serializeType: 'JSON' | 'ROCKETMQ' = 'JSON'): RemotingCommand {
  return {
    code: 310,
    language: LANGUAGE_JAVA,
    version: 513,
    opaque,
    flag: 0,
    remark: undefined,
    extFields: new Map([['topic', `T${opaque}`]]),
    body: body === undefined ? undefined : new Uint8Array(Buffer.from(body)),
    serializeType,
  };
}

const COMMANDS = [command(1, 'hello'), command(2, undefined, 'ROCKETMQ'), command(-3, 'x'.repeat(300)), command(4, 'z', 'ROCKETMQ')];
const STREAM = Buffer.concat(COMMANDS.map((each) => encodeCommand(each)));

const shared = Buffer.alloc(4096);

/** Feeds chunks through one reused buffer, as sockets do, and wipes it after each. */
function feed(decoder: FrameDecoder, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) {
    shared.set(chunk);
    decoder.push(shared.subarray(0, chunk.length));
    shared.fill(0xee);
  }
}

function collector(): { decoder: FrameDecoder; seen: RemotingCommand[] } {
  const seen: RemotingCommand[] = [];
  return { seen, decoder: new FrameDecoder((frame) => seen.push(decodeCommand(frameBytes(frame)))) };
}

describe('FrameDecoder', () => {
  it('cuts several frames out of one chunk', () => {
    const { decoder, seen } = collector();
    feed(decoder, [STREAM]);
    expect(seen).toEqual(COMMANDS);
    expect(decoder.pendingBytes).toBe(0);
  });

  it('puts frames together that are split anywhere', () => {
    for (let at = 1; at < STREAM.length; at++) {
      const { decoder, seen } = collector();
      feed(decoder, [STREAM.subarray(0, at), STREAM.subarray(at)]);
      expect(Buffer.concat(seen.map((each) => encodeCommand(each))).equals(STREAM)).toBe(true);
    }
  });

  it('puts frames together that come byte by byte', () => {
    const { decoder, seen } = collector();
    feed(
      decoder,
      Array.from(STREAM, (byte) => Uint8Array.of(byte)),
    );
    expect(seen).toEqual(COMMANDS);
  });

  it('does so for any way of splitting, also while paused', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.boolean()), { maxLength: 40 }), (cuts) => {
        const { decoder, seen } = collector();
        let at = 0;
        for (const [length, pause] of cuts) {
          if (pause) decoder.pause();
          else decoder.resume();
          feed(decoder, [STREAM.subarray(at, at + length)]);
          at = Math.min(at + length, STREAM.length);
        }
        decoder.resume();
        feed(decoder, [STREAM.subarray(at)]);
        expect(seen).toEqual(COMMANDS);
      }),
    );
  });

  it('stops within a chunk when paused by what it emits, and goes on where it was', () => {
    const seen: number[] = [];
    const decoder: FrameDecoder = new FrameDecoder((frame) => {
      seen.push(decodeCommand(frameBytes(frame)).opaque);
      if (seen.length < 4) decoder.pause();
    });
    feed(decoder, [STREAM]);
    expect(seen).toEqual([1]);
    decoder.resume();
    expect(seen).toEqual([1, 2]);
    decoder.resume();
    decoder.resume();
    expect(seen).toEqual([1, 2, -3, 4]);
  });

  it.each([
    ['a length beyond 16 MiB', [0x01, 0, 0, 0, 0, 0, 0, 1]],
    ['a negative length', [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]],
    ['a length of 3', [0, 0, 0, 3, 0, 0, 0, 0]],
    ['a header longer than the frame', [0, 0, 0, 8, 0, 0, 0, 5]],
    ['a header above 1 MiB', [0, 0xf0, 0, 0, 0, 0x10, 0, 1]],
    ['an unknown serialisation', [0, 0, 0, 8, 2, 0, 0, 1]],
    ['an HTTP request', [...Buffer.from('GET / HT')]],
  ])('refuses %s at once', (_what, bytes) => {
    expect(() => collector().decoder.push(Uint8Array.from(bytes))).toThrow(MalformedCommandError);
  });

  it('keeps only what has arrived of a frame that claims 16 MiB', () => {
    const { decoder } = collector();
    decoder.push(Uint8Array.from([0x00, 0xff, 0xff, 0xf0, 0, 0, 0, 4, 1, 2, 3]));
    expect(decoder.pendingBytes).toBe(11);
  });

  it('knows no other failure than MalformedCommandError, whatever comes', () => {
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    const changed = fc
      .tuple(fc.nat(STREAM.length - 1), fc.nat(255), fc.nat(STREAM.length))
      .map(([at, byte, length]) => Uint8Array.from(STREAM.subarray(0, length), (old, i) => (i === at ? byte : old)));
    fc.assert(
      fc.property(fc.oneof(anyBytes, changed), fc.integer({ min: 1, max: 300 }), (bytes, step) => {
        const { decoder } = collector();
        try {
          for (let at = 0; at < bytes.length; at += step) decoder.push(bytes.subarray(at, at + step));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedCommandError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
