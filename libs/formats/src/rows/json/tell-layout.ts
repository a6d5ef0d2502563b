import type { SourceFile } from "@sluice/object-store";
import type { SourceRange } from "../../format.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { PeekedFile } from "../peeked-file.ts";
import { DocumentLayout } from "./document-layout.ts";
import type { JsonLayout } from "./json-layout.ts";
import { LinesLayout } from "./lines-layout.ts";
import { ObjectsLayout } from "./objects-layout.ts";
import { type JsonShape, SHAPE_BYTES, tellShape } from "./tell-shape.ts";

/** A file whose shape is known, to be read in place of the one that was looked at. */
export interface ToldFile {
  readonly source: SourceFile;
  readonly shape: JsonShape;
  readonly layout: JsonLayout;
}

export interface TellOptions {
  /** Its name says that it has lines. */
  readonly isNamedLines: boolean;
  readonly plan?: FieldPlan;
  /** Only lines are ever cut: of a range nothing has to be told. */
  readonly range?: SourceRange;
  readonly signal: AbortSignal;
}

/** Looks at the start of a file. @throws {ImportError} what storage says */
export async function tellLayout(file: SourceFile, options: TellOptions): Promise<ToldFile> {
  const { range, signal, ...rest } = options;
  if (range) return { source: file, shape: "lines", layout: new LinesLayout(file, range) };
  const source = await PeekedFile.open(file, SHAPE_BYTES, signal);
  const { path, head, sizeBytes } = source;
  const shape = tellShape({ path, head, isWhole: head.length >= sizeBytes, ...rest });
  return { source, shape, layout: layoutOf(shape, source) };
}

function layoutOf(shape: JsonShape, source: PeekedFile): JsonLayout {
  switch (shape) {
    case "lines":
      return new LinesLayout(source, undefined, source.head);
    case "objects":
      return new ObjectsLayout();
    case "document":
      return new DocumentLayout(source.head);
  }
}
