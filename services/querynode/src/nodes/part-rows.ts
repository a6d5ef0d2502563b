import type { Column } from "@sluice/columns";
import { columnMessage, columnOf } from "@sluice/fields";
import { type importing, segmentOfMessage, type segmentReader } from "@sluice/rpc";
import { type FieldSchema, timestampField } from "@sluice/schema";
import { segmentParts } from "@sluice/segment";
import type { SelectedRows, StoredPart } from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import { packed, unpacked } from "./packed.ts";

/** Rows of a part with their keys. */
export type KeyedRows = Omit<SelectedRows, "timestamps"> & { readonly timestamps?: bigint | Column };

/** Rows of parts as they travel: parts by their position in the segments of the order. */
export class PartMessages {
  readonly #places = new Map<string, { readonly segment: number; readonly part: number }>();

  constructor(segments: readonly importing.SegmentInfo[]) {
    for (const [segment, message] of segments.entries())
      for (const [part, one] of segmentParts(segmentOfMessage(message)).entries())
        this.#places.set(nameOf(one), { segment, part });
  }

  /** @throws {RangeError} for rows of another segment */
  message({ part, rows, keys, timestamps }: KeyedRows): segmentReader.PartRows {
    const place = this.#places.get(nameOf(part));
    if (!place) throw new RangeError(`segment ${part.segmentId} is none of those that were asked for`);
    const column = typeof timestamps === "object" ? columnMessage(timestamps, rows.length) : undefined;
    return { ...place, rows: packed(rows), keys: columnMessage(keys, rows.length), timestamps: column };
  }
}

/** No two logs have one id. */
function nameOf(part: StoredPart): string {
  return `${part.segmentId}/${part.insertLogs[0].logIds[0]}`;
}

/** What another node says of rows of `segments`. @throws {RangeError} for places and bytes that are none */
export function keyedRows(
  { segment, part, rows: bytes, keys, timestamps }: segmentReader.PartRows,
  segments: readonly VisibleSegment[],
  key: FieldSchema,
): SelectedRows {
  const { logs, commitTs } = segments[segment];
  const rows = unpacked.uint32(bytes);
  return {
    part: segmentParts(logs)[part],
    rows,
    keys: columnOf(key, keys ?? NONE, rows.length),
    timestamps: timestamps ? columnOf(timestampField, timestamps, rows.length) : commitTs,
  };
}

const NONE = { data: Buffer.alloc(0), offsets: Buffer.alloc(0), validity: Buffer.alloc(0) };
