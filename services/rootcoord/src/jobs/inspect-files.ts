import { ImportError } from "@sluice/errors";
import { formatOptionKeys, type Inspection, inspectGroup, mergeSchemas, openFiles } from "@sluice/formats";
import { parseImportOptions } from "@sluice/jobs";
import { okStatus, type rootCoord } from "@sluice/rpc";
import { foldersOfGroup, tableOptions } from "./folder-values.ts";
import { belowFolder, bucketOf, type JobSources } from "./job-sources.ts";
import { withPresetFile } from "./preset-file.ts";
import { findFiles } from "./request-files.ts";

/** Groups of files that one call looks at: of more, the first ones stand for all. */
const MAX_INSPECTED = 16;

/** Looks at files as an import would, without a collection: what they hold, and which collection would take them. */
export class InspectFiles {
  readonly #sources: JobSources;
  constructor(sources: JobSources) {
    this.#sources = sources;
  }

  /** @throws {ImportError} as the submit of an import of the same files, and for files that cannot be read */
  async inspect({
    fileGroups,
    options,
    scope,
  }: rootCoord.InspectFilesRequest): Promise<rootCoord.InspectFilesResponse> {
    const { spec: asked, chunks, dataSource } = parseImportOptions(options, formatOptionKeys);
    if (asked.isBackup || asked.isDeletes)
      throw new ImportError(
        "unsupported",
        "segments of Milvus are not looked into: say dry_run=true with their import",
      );
    const source = await this.#sources.resolve(dataSource, scope);
    const spec = await withPresetFile(asked, source, this.#sources);
    await using open = await this.#sources.open(source);
    const files = belowFolder({ files: [], fileGroups, chunks }, source.folder);
    const { groups } = await findFiles(open.sources, files, { ...spec, ...bucketOf(spec, source) });
    const all = groups.map(foldersOfGroup);
    const inspections: Inspection[] = [];
    for (const [i, group] of groups.slice(0, MAX_INSPECTED).entries()) {
      await using opened = await openFiles(open.sources, group.files);
      const options = { ...spec.formatOptions, ...group.options, ...tableOptions(group) };
      const { signal } = new AbortController();
      inspections.push(await inspectGroup(group.format, opened.files, options, signal, { own: all[i], all }));
    }
    return {
      status: okStatus(),
      inspections: JSON.stringify(inspections.map((one) => together(one, inspections))),
      groupCount: groups.length,
    };
  }
}

/** Rows of files that are alike go into one collection. */
function together(one: Inspection, all: readonly Inspection[]): Inspection {
  const alike = all.filter(({ format }) => format === one.format);
  return { ...one, schema: mergeSchemas(alike.map(({ schema }) => schema)) };
}
