import type { ArrowValues } from "./arrow-values.ts";
import { damaged } from "./damage.ts";

// Views of text: length, and then up to twelve bytes, or the first four, which buffer the text stands in, and where. Source:
// Arrow, "Variable-size binary view layout".

/**
 * A length, then the text itself or where it lies. Source: Arrow columnar format, "Variable-size Binary View Layout".
 */
export const VIEW_BYTES = 16;
const MAX_INLINE_BYTES = 12;

/** What of a buffer was read. */
export interface TextPart {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Which part of each buffer the views need. @param buffers how many there are @throws {ImportError} */
export function partsOfViews(views: Uint8Array, count: number, buffers: number) {
  const parts = new Map<number, { start: number; end: number }>();
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  for (let at = 0; at < count * VIEW_BYTES; at += VIEW_BYTES) {
    const length = view.getInt32(at, true);
    if (length < 0) throw damaged(`a text has ${length} bytes`);
    if (length <= MAX_INLINE_BYTES) continue;
    const [buffer, start] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    if (buffer < 0 || buffer >= buffers || start < 0) throw damaged(`a text stands in buffer ${buffer} of ${buffers}`);
    const known = parts.get(buffer);
    if (!known) parts.set(buffer, { start, end: start + length });
    else {
      known.start = Math.min(known.start, start);
      known.end = Math.max(known.end, start + length);
    }
  }
  return parts;
}

/** The texts, one behind the other. @param parts by buffer */
export function textOfViews(
  views: Uint8Array,
  count: number,
  parts: readonly TextPart[],
): Pick<ArrowValues, "data" | "offsets"> {
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const offsets = new Uint32Array(count + 1);
  let total = 0;
  for (let i = 0; i < count; i++) offsets[i + 1] = total += view.getInt32(i * VIEW_BYTES, true);
  if (total > 0xffffffff) throw damaged("texts of more than 4 GiB");
  const data = new Uint8Array(total);
  for (let i = 0; i < count; i++) {
    const at = i * VIEW_BYTES;
    const length = offsets[i + 1] - offsets[i];
    if (length <= MAX_INLINE_BYTES) {
      for (let k = 0; k < length; k++) data[offsets[i] + k] = views[at + 4 + k];
      continue;
    }
    const part = parts[view.getInt32(at + 8, true)];
    const start = view.getInt32(at + 12, true) - part.start;
    data.set(part.bytes.subarray(start, start + length), offsets[i]);
  }
  return { data, offsets };
}
