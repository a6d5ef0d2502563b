import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";

/** The source of a format whose files hold whole rows. @param title what Milvus calls the format @throws {ImportError} */
export function onlyOne(sources: readonly SourceFile[], title: string): SourceFile {
  if (sources.length === 1) return sources[0];
  throw new ImportError("request_invalid", `for ${title} import, accepts only one file`);
}
