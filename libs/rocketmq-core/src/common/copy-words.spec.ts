import { crc32 as nativeCrc32 } from 'node:zlib';
import { copyWords, LastView } from './copy-words.js';
import { crc32, crc32Short } from './crc32.js';

const SOURCE = Uint8Array.from({ length: 600 }, (_, i) => (i * 37 + (i >> 3)) & 0xff);
const VIEW = new DataView(SOURCE.buffer);

describe('copyWords', () => {
  it('copies every length from every alignment and nothing else', () => {
    for (let length = 0; length < 70; length++) {
      for (let start = 0; start < 4; start++) {
        const target = new Uint8Array(80).fill(0xee);
        copyWords(VIEW, start, length, new DataView(target.buffer), 3);
        const wanted = new Uint8Array(80).fill(0xee);
        wanted.set(SOURCE.subarray(start, start + length), 3);
        expect(target).toEqual(wanted);
      }
    }
  });
});

describe('LastView', () => {
  it('gives the view of the bytes asked for, also when they are a part of a buffer', () => {
    const views = new LastView();
    const part = SOURCE.subarray(5, 9);
    expect(views.of(SOURCE)).toBe(views.of(SOURCE));
    expect([views.of(part).byteLength, views.of(part).getUint8(0)]).toEqual([4, SOURCE[5]]);
    expect(views.of(SOURCE).byteLength).toBe(600);
  });
});

describe('crc32Short', () => {
  it('agrees with crc32 and with the runtime for every length', () => {
    for (let end = 2; end < 600; end++) {
      expect(crc32Short(VIEW, 2, end)).toBe(crc32(SOURCE, 2, end));
      expect(crc32Short(VIEW, 2, end)).toBe(nativeCrc32(SOURCE.subarray(2, end)));
    }
  });
});
