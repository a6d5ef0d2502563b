import type { ByteSource } from "@sluice/parquet";
import {
  type BinlogDescriptor,
  dataEventBytes,
  eventHeaderBytes,
  readDataEvent,
  readDescriptor,
  readFirstEvent,
  viewOf,
} from "./envelope.ts";
import { malformed, unsupported } from "./malformed.ts";

/** Where the payloads of a log lie, for readers that do not hold it. */
export interface BinlogLayout {
  readonly descriptor: BinlogDescriptor;
  readonly events: readonly { readonly type: number; readonly payloadOffset: number; readonly payloadBytes: number }[];
}

/** Descriptors have a hundred bytes, and what is asked of storage at once costs no more for being longer. */
const firstReadBytes = 4096;
const maxDescriptorBytes = 1 << 20;
/** Servers write one. */
const maxEvents = 4096;

/**
 * As `parseBinlog`, without the payloads: the head of each event is all that is read.
 * @throws {ImportError} as `parseBinlog`; what the source throws
 */
export async function readBinlogLayout(source: ByteSource, signal?: AbortSignal): Promise<BinlogLayout> {
  const { sizeBytes } = source;
  let head = await readBytes(source, 0, Math.min(sizeBytes, firstReadBytes), signal);
  const first = readFirstEvent(viewOf(head), sizeBytes);
  if (first.end > maxDescriptorBytes) throw malformed(`descriptor event of ${first.end - 4} bytes`, 13);
  if (first.end > head.length) head = await readBytes(source, 0, first.end, signal);
  const descriptor = readDescriptor(head, viewOf(head), first.end);
  const events: BinlogLayout["events"][number][] = [];
  for (let at = first.end; at + eventHeaderBytes <= sizeBytes; ) {
    const isThere = at + dataEventBytes <= head.length;
    const bytes = isThere
      ? head.subarray(at)
      : await readBytes(source, at, Math.min(dataEventBytes, sizeBytes - at), signal);
    const { type, end, payloadOffset } = readDataEvent(viewOf(bytes), at, { from: at, fileBytes: sizeBytes });
    events.push({ type, payloadOffset, payloadBytes: end - payloadOffset });
    if (events.length > maxEvents) throw unsupported(`a binlog of more than ${maxEvents} events`);
    at = end;
  }
  return { descriptor, events };
}

async function readBytes(source: ByteSource, at: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const count = await source.readInto(at, bytes, signal);
  if (count === length) return bytes;
  throw malformed(`the file ends at byte ${at + count}, expected ${source.sizeBytes} bytes: it was replaced`);
}
