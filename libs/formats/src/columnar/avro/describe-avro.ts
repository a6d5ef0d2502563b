import type { SourceFile } from "@sluice/object-store";
import type { FileProbe, ProbeInput, SourceDescription } from "../../format.ts";
import { describedColumn } from "../arrow/describe-arrow.ts";
import { AvroBlocks, openAvro } from "./avro-file.ts";
import { plansOf } from "./avro-reader.ts";

/** The columns of a file, as its schema has them; how many rows there are only all blocks together say. @throws {ImportError} */
export async function describeAvro(source: SourceFile, signal: AbortSignal): Promise<SourceDescription> {
  const { fields } = await openAvro(source, signal);
  return { rowCount: undefined, columns: fields.map(describedColumn) };
}

/** The columns are checked against the plan. @throws {ImportError} */
export async function probeAvro({ sources, plan }: ProbeInput, signal: AbortSignal): Promise<FileProbe> {
  const [source] = sources;
  const file = await openAvro(source, signal);
  await plansOf(file, new AvroBlocks(source, file, signal), { plan, sources });
  return { rowCount: undefined, cuts: "anywhere", extent: source.sizeBytes };
}
