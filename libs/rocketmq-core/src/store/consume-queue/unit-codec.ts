// The 20-byte unit of a consume queue (docs/store/consumequeue.md): physical offset 8, record size 4, tag code 8, big-endian.

export const UNIT_BYTES = 20;
/** Size in the units that stand for ordinals before the first message of a queue's first file. */
export const BLANK_UNIT_SIZE = 0x7fffffff;

const TWO_32 = 4_294_967_296;

export function writeUnit(
  view: DataView,
  at: number,
  physicalOffset: number,
  size: number,
  tagsCodeHigh: number,
  tagsCodeLow: number,
): void {
  view.setInt32(at, Math.floor(physicalOffset / TWO_32));
  view.setInt32(at + 4, physicalOffset | 0);
  view.setInt32(at + 8, size);
  view.setInt32(at + 12, tagsCodeHigh);
  view.setInt32(at + 16, tagsCodeLow);
}

export const physicalOffsetAt = (view: DataView, at: number): number => view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
export const sizeAt = (view: DataView, at: number): number => view.getInt32(at + 8);
export const tagsCodeHighAt = (view: DataView, at: number): number => view.getInt32(at + 12);
export const tagsCodeLowAt = (view: DataView, at: number): number => view.getInt32(at + 16);

/** A unit that was never written reads as zeros [java ConsumeQueue#recover]: such a one ends the queue. */
export function isWritten(view: DataView, at: number): boolean {
  return view.getInt32(at) >= 0 && sizeAt(view, at) > 0;
}

export function isBlank(view: DataView, at: number): boolean {
  return sizeAt(view, at) === BLANK_UNIT_SIZE;
}
