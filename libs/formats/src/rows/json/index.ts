import type { ObjectSource } from "@sluice/object-store";
import type { FileProbe, ReaderInput } from "../../format-reader.ts";
import { type JsonReaderOptions, JsonRowsReader } from "./json-reader.ts";
import { DocumentLayout, LinesLayout } from "./layouts.ts";

/** `{"rows": [...]}` or a list of objects. Never cut: a row's start cannot be told from inside of the text. */
export class JsonReader extends JsonRowsReader {
  constructor(input: ReaderInput, options?: JsonReaderOptions) {
    super(input, new DocumentLayout(), options);
  }
}

/** One object a line; cut by bytes. */
export class JsonlReader extends JsonRowsReader {
  constructor(input: ReaderInput, options?: JsonReaderOptions) {
    super(input, new LinesLayout(input.sources[0], input.range), options);
  }
}

export function probeJson([source]: readonly ObjectSource[]): FileProbe {
  return { rowCount: undefined, cuts: "nowhere", extent: source.sizeBytes };
}

/** Exact at any byte, since no JSON string holds a raw line end. */
export function probeJsonl([source]: readonly ObjectSource[]): FileProbe {
  return { rowCount: undefined, cuts: "anywhere", extent: source.sizeBytes };
}
