import { closingQuote, decodeText, hasEscape } from "@sluice/values";
import { utf8 } from "../constant.ts";

/** Bytes of a JSON string's value. */
export interface StringBytes {
  data: Uint8Array;
  start: number;
  end: number;
}

/** Reused by every call: the answer holds until the next one. */
const shared: StringBytes = { data: new Uint8Array(), start: 0, end: 0 };

/** The value of the JSON string whose opening quote is at `at`: the text's own bytes, unless escapes are in it. */
export function jsonBytes(data: Uint8Array, at: number, end: number): StringBytes {
  const quote = closingQuote(data, at + 1, end);
  const escaped = hasEscape(data, at + 1, quote);
  shared.data = escaped ? utf8(decodeText(data, at + 1, quote)) : data;
  shared.start = escaped ? 0 : at + 1;
  shared.end = escaped ? shared.data.length : quote;
  return shared;
}
