import type { SourceFile } from "@sluice/object-store";
import { PeekedFile } from "../peeked-file.ts";
import { DocumentLayout } from "./document-layout.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { ColumnsShape, JsonShape } from "./json-shape.ts";
import { LinesLayout } from "./lines-layout.ts";
import { ObjectsLayout } from "./objects-layout.ts";
import { SHAPE_BYTES, type ShapeInput, tellShape } from "./tell-shape.ts";

/** A file whose shape is known, to be read in place of the one that was looked at. */
export interface ToldFile {
  readonly source: PeekedFile;
  readonly shape: JsonShape;
}

/** Looks at the start of a file. @throws {ImportError} what storage says */
export async function tellFile(
  file: SourceFile,
  options: Pick<ShapeInput, "isNamedLines" | "plan" | "mapping">,
  signal: AbortSignal,
): Promise<ToldFile> {
  const source = await PeekedFile.open(file, SHAPE_BYTES, signal);
  const { path, head, sizeBytes } = source;
  return { source, shape: tellShape({ path, head, isWhole: head.length >= sizeBytes, ...options }) };
}

/** How the rows of a file are found whose shape has such. */
export function layoutOf(shape: Exclude<JsonShape, ColumnsShape>, source: PeekedFile): JsonLayout {
  switch (shape.kind) {
    case "lines":
      return new LinesLayout(source, undefined, source.head, shape.dataStart);
    case "objects":
      return new ObjectsLayout();
    case "document":
      return new DocumentLayout(shape, source);
  }
}
