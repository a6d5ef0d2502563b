import {
  type BinlogDescriptor,
  type BinlogExtras,
  dataEventBytes,
  EventType,
  eventHeaderBytes,
  extrasOffset,
  magic,
} from "./envelope.ts";

const descriptorFixedBytes = 52;
/** Bytes of the fixed parts of the events 0 to 7. */
const postHeaderLengths = [52, 16, 16, 16, 16, 16, 16, 16];

/**
 * Everything before the payload: magic, descriptor event, head of the only data event. The next positions are exact, as
 * Milvus's flush writes them. Source: the binlog format, §2.
 * @param headerTimestamp hybrid wall clock, in both event headers
 * @param blanks behind the extras, which are JSON
 */
export function encodeBinlogHead(
  descriptor: BinlogDescriptor,
  eventType: number,
  headerTimestamp: bigint,
  payloadBytes: number,
  blanks = 0,
): Uint8Array {
  const extras = Buffer.from(encodeExtras(descriptor.extras) + " ".repeat(blanks));
  const head = new Uint8Array(extrasOffset + extras.length + dataEventBytes);
  const view = new DataView(head.buffer);
  const dataOffset = extrasOffset + extras.length;
  view.setInt32(0, magic, true);
  writeEventHeader(view, 4, headerTimestamp, EventType.Descriptor, dataOffset - 4);
  writeDescriptor(view, 4 + eventHeaderBytes, descriptor);
  view.setInt32(extrasOffset - 4, extras.length, true);
  head.set(extras, extrasOffset);
  writeEventHeader(view, dataOffset, headerTimestamp, eventType, dataEventBytes + payloadBytes);
  view.setBigUint64(dataOffset + eventHeaderBytes, descriptor.startTimestamp, true);
  view.setBigUint64(dataOffset + eventHeaderBytes + 8, descriptor.endTimestamp, true);
  return head;
}

function writeEventHeader(view: DataView, at: number, timestamp: bigint, type: number, length: number): void {
  view.setBigUint64(at, timestamp, true);
  view.setInt8(at + 8, type);
  view.setInt32(at + 9, length, true);
  view.setInt32(at + 13, at + length, true);
}

function writeDescriptor(view: DataView, at: number, descriptor: BinlogDescriptor): void {
  view.setBigInt64(at, descriptor.collectionId, true);
  view.setBigInt64(at + 8, descriptor.partitionId, true);
  view.setBigInt64(at + 16, descriptor.segmentId, true);
  view.setBigInt64(at + 24, descriptor.fieldId, true);
  view.setBigUint64(at + 32, descriptor.startTimestamp, true);
  view.setBigUint64(at + 40, descriptor.endTimestamp, true);
  view.setInt32(at + 48, descriptor.dataType, true);
  for (const [type, length] of postHeaderLengths.entries()) view.setUint8(at + descriptorFixedBytes + type, length);
}

/** Keys in alphabetical order without blanks, sizes as text: a Go map, marshalled. */
function encodeExtras({ nullable, originalSize }: BinlogExtras): string {
  return JSON.stringify({ ...(nullable !== undefined && { nullable }), original_size: String(originalSize) });
}
