// The 40 bytes an index file begins with [java IndexHeader]. Numbers only.
export const INDEX_HEADER_BYTES = 40;

export interface IndexHeader {
  beginTimestamp: number;
  endTimestamp: number;
  beginPhysicalOffset: number;
  endPhysicalOffset: number;
  /** Slots in use. */
  slotCount: number;
  /** Number of the next entry: entries 1 to entryCount - 1 are there. */
  entryCount: number;
}

export function encodeIndexHeader(header: IndexHeader): Uint8Array {
  const bytes = new Uint8Array(INDEX_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(header.beginTimestamp));
  view.setBigInt64(8, BigInt(header.endTimestamp));
  view.setBigInt64(16, BigInt(header.beginPhysicalOffset));
  view.setBigInt64(24, BigInt(header.endPhysicalOffset));
  view.setInt32(32, header.slotCount);
  view.setInt32(36, header.entryCount);
  return bytes;
}

/** Undefined when the numbers cannot be true for a file of so many slots and entries. */
export function decodeIndexHeader(bytes: Uint8Array, slotMax: number, entryMax: number): IndexHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header: IndexHeader = {
    beginTimestamp: Number(view.getBigInt64(0)),
    endTimestamp: Number(view.getBigInt64(8)),
    beginPhysicalOffset: Number(view.getBigInt64(16)),
    endPhysicalOffset: Number(view.getBigInt64(24)),
    slotCount: view.getInt32(32),
    // A file that Java made and wrote nothing into has 0.
    entryCount: Math.max(1, view.getInt32(36)),
  };
  const { beginTimestamp, endTimestamp, beginPhysicalOffset, endPhysicalOffset } = header;
  const isSound =
    [beginTimestamp, endTimestamp, beginPhysicalOffset, endPhysicalOffset].every((value) => Number.isSafeInteger(value) && value >= 0) &&
    beginTimestamp <= endTimestamp &&
    beginPhysicalOffset <= endPhysicalOffset &&
    header.slotCount >= 0 &&
    header.slotCount <= slotMax &&
    view.getInt32(36) >= 0 &&
    header.entryCount <= entryMax;
  return isSound ? header : undefined;
}
