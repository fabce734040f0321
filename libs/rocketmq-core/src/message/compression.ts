// Body compression: zlib by the runtime, LZ4 by ours, ZSTD by the runtime or the optional reader (ADR 0001).
// Must never unfold a body beyond the limit it is given.
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import { IllegalMessageError } from '../errors/index.js';
import { lz4Compress, lz4Decompress } from './lz4.js';
import { SYS_FLAG } from './sys-flag.js';

export type CompressionType = 'ZLIB' | 'LZ4' | 'ZSTD';

/** A body may unfold to this much unless the caller allows more or less. */
export const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;
const DEFAULT_LEVEL = 5;

interface ZstdZlib {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
  zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
}

interface FzstdDecompress {
  new (ondata: (chunk: Uint8Array, final?: boolean) => void): { push(chunk: Uint8Array, final?: boolean): void };
}

const zstd = zlib as unknown as ZstdZlib;

/** sysFlag bits of a compressed body. */
export function compressionFlag(type: CompressionType): number {
  const bits = { LZ4: SYS_FLAG.COMPRESSION_LZ4, ZSTD: SYS_FLAG.COMPRESSION_ZSTD, ZLIB: SYS_FLAG.COMPRESSION_ZLIB };
  return SYS_FLAG.COMPRESSED | bits[type];
}

/** The type of a compressed body; old clients set none and mean zlib. */
export function compressionTypeOf(sysFlag: number): CompressionType {
  switch (sysFlag & SYS_FLAG.COMPRESSION_TYPE) {
    case SYS_FLAG.COMPRESSION_LZ4:
      return 'LZ4';
    case SYS_FLAG.COMPRESSION_ZSTD:
      return 'ZSTD';
    case 0:
    case SYS_FLAG.COMPRESSION_ZLIB:
      return 'ZLIB';
    default:
      throw new IllegalMessageError(`compression type ${(sysFlag & SYS_FLAG.COMPRESSION_TYPE) >> 8} is unknown`, { sysFlag });
  }
}

/** `level` 1..9 counts for zlib only, as in Java. Throws IllegalMessageError where the runtime cannot write ZSTD. */
export function compressBody(type: CompressionType, body: Uint8Array, level = DEFAULT_LEVEL): Uint8Array {
  switch (type) {
    case 'ZLIB':
      return zlib.deflateSync(body, { level });
    case 'LZ4':
      return lz4Compress(body);
    case 'ZSTD':
      if (zstd.zstdCompressSync === undefined)
        throw new IllegalMessageError('sending ZSTD needs Node 22.15 or newer; use compressType ZLIB or LZ4');
      return zstd.zstdCompressSync(body);
  }
}

/** Throws IllegalMessageError for malformed input and for bodies that unfold beyond `maxBytes`. */
export function decompressBody(type: CompressionType, body: Uint8Array, maxBytes = DECOMPRESSED_BYTES_MAX): Uint8Array {
  switch (type) {
    case 'ZLIB':
      return guarded('ZLIB', maxBytes, () => zlib.inflateSync(body, { maxOutputLength: maxBytes }));
    case 'LZ4':
      return lz4Decompress(body, maxBytes);
    case 'ZSTD':
      return zstd.zstdDecompressSync === undefined
        ? guarded('ZSTD', maxBytes, () => zstdByReader(body, maxBytes))
        : guarded('ZSTD', maxBytes, () => zstd.zstdDecompressSync!(body, { maxOutputLength: maxBytes }));
  }
}

function guarded(type: CompressionType, maxBytes: number, unfold: () => Uint8Array): Uint8Array {
  try {
    return unfold();
  } catch (error) {
    if (error instanceof IllegalMessageError) throw error;
    const tooLarge = (error as { code?: unknown } | null)?.code === 'ERR_BUFFER_TOO_LARGE';
    const reason = tooLarge ? `unfolds to more than ${maxBytes} bytes` : 'is malformed';
    throw new IllegalMessageError(`${type} body ${reason}`, { bytes: maxBytes });
  }
}

function zstdByReader(body: Uint8Array, maxBytes: number): Uint8Array {
  let Decompress: FzstdDecompress;
  try {
    ({ Decompress } = createRequire(import.meta.url)('fzstd') as { Decompress: FzstdDecompress });
  } catch {
    throw new IllegalMessageError('reading a ZSTD body on this Node version needs the package fzstd (or Node 22.15 and newer)');
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = new Decompress((chunk) => {
    total += chunk.length;
    if (total > maxBytes) throw new IllegalMessageError(`ZSTD body unfolds to more than ${maxBytes} bytes`);
    chunks.push(chunk);
  });
  stream.push(body, true);
  return Buffer.concat(chunks);
}
