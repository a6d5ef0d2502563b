import { ImportError } from "@sluice/errors";
import type { ImportSpec } from "@sluice/jobs";
import { bucketOf, type DataSource, type JobSources } from "./job-sources.ts";

/** As large as a preset that stands in the options. */
const MAX_BYTES = 1 << 16;

/**
 * The options with the preset that they name by a path: its text is kept in the job, which no later change of the file touches.
 * @throws {ImportError} as `JobSources.readText`
 */
export async function withPresetFile(spec: ImportSpec, source: DataSource, sources: JobSources): Promise<ImportSpec> {
  const { preset = "" } = spec.formatOptions;
  if (!/\.json$/i.test(preset)) return spec;
  const { bucket } = { ...spec, ...bucketOf(spec, source) };
  const path = source.folder === undefined ? preset : `${source.folder}/${preset}`;
  const text = await sources.readText(source, path, bucket, MAX_BYTES);
  if (text.trimStart().startsWith("{")) return { ...spec, formatOptions: { ...spec.formatOptions, preset: text } };
  throw new ImportError("request_invalid", "options.preset: the file holds no JSON object", { file: preset });
}
