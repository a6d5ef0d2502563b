import type { JobRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { BroughtSource, DataSourceOptions, SourceFileRecord } from "@sluice/jobs";
import { type DescribeBrought, openMoreSources, type Secrets, type Sources, VOLUME_SOURCE } from "@sluice/object-store";
import type { JobId } from "@sluice/schema";
import type { JobCredentials } from "./job-credentials.ts";
import type { RequestedFiles } from "./path-lists.ts";

/** How long storage that is away is waited for while a client waits. */
const BRIEF = { patienceMs: 8000 };
/** The name of the source that a job brings; no source of the settings is called so. */
const BROUGHT = "data-source";
/** The source of folders. */
const FOLDERS = "import-root";

/** What opens the sources of a job: those of the settings, and those it brings. */
export interface JobSourcesDeps {
  readonly sources: Sources;
  readonly describeBrought: DescribeBrought;
  readonly credentials: JobCredentials;
}

/** Sources that stay open until it is disposed of. */
export interface OpenSources extends AsyncDisposable {
  readonly sources: Sources;
}

/** What `data_source` of a request comes to. */
export interface DataSource {
  /** Bucket, or name of a source of the settings, that paths are meant in. */
  readonly bucket?: string;
  /** What all paths lie below. */
  readonly folder?: string;
  readonly brought: readonly BroughtSource[];
  readonly secrets: Secrets;
  /** What may be read of the sources that the server has; every file where it is absent. */
  readonly scope?: SourceScope;
}

/** What somebody may read of the sources that the server has; see `Sources.confinedTo`. */
export interface SourceScope {
  readonly prefixes: readonly string[];
  /** And whatever lies in no volume. */
  readonly beyondVolumes?: boolean;
  /** Volumes that may be written into; `*` = any. */
  readonly writtenVolumes?: readonly string[];
}

/** What jobs read from: the sources of the settings, and before them what a job brings. */
export class JobSources {
  readonly #deps: JobSourcesDeps;
  constructor(deps: JobSourcesDeps) {
    this.#deps = deps;
  }

  /**
   * Without credentials it is a source that the server has; with them a bucket of its own.
   * @param scope what the caller may read of those that the server has
   * @throws {ImportError} `request_invalid`, `unsupported`, `path_refused`
   */
  async resolve(asked: DataSourceOptions | undefined, scope?: SourceScope): Promise<DataSource> {
    const none = { brought: [], secrets: {}, ...(scope && { scope }) };
    if (!asked) return none;
    const { type, address, bucket_name: bucket, accesskey_id: id, accesskey_secret: secret } = asked;
    if (type === "local") return { ...none, ...localOf(asked) };
    if (!address && !id && !secret && bucket && type !== "stage") return { ...none, bucket };
    const { storage, secrets } = await this.#deps.describeBrought({
      ...{ type, address, bucket, region: asked.region, pathStyle: asked.path_style, useSsl: asked.use_ssl },
      ...{ accessKeyId: id, secretAccessKey: secret, sessionToken: asked.session_token },
    });
    return { ...none, brought: [{ ...storage, name: BROUGHT, isDefault: true }], secrets };
  }

  /** The sources for a request that brings some. */
  open({ brought, secrets, scope }: Pick<DataSource, "brought" | "secrets" | "scope">): Promise<OpenSources> {
    return this.#open(brought, secrets, scope);
  }

  /**
   * The text of a small file, found as those of an import are.
   * @throws {ImportError} `request_invalid` for one of more than `maxBytes`; others as `Sources.find`
   */
  async readText(source: DataSource, path: string, bucket: string | undefined, maxBytes: number): Promise<string> {
    await using open = await this.open(source);
    const found = await open.sources.find(path, bucket);
    if (found.sizeBytes > maxBytes) {
      const reason = `the file has ${found.sizeBytes} bytes, more than ${maxBytes}`;
      throw new ImportError("request_invalid", reason, { file: path });
    }
    await using file = await open.sources.open(found);
    const bytes = new Uint8Array(found.sizeBytes);
    await file.readInto(0, bytes);
    await file.check();
    return new TextDecoder().decode(bytes);
  }

  /** The sources of a recorded job. @throws {ImportError} `job_failed` when its credentials are lost */
  async of(job: JobRecord): Promise<OpenSources> {
    return this.#open(job.sources ?? [], this.#deps.credentials.of(job));
  }

  /**
   * What tells whether a job's files are such as a caller may read; those of a store that it brings are no files of the server. It asks
   * records alone.
   */
  readableIn(scope: SourceScope): (job: JobRecord) => boolean {
    const confined = this.#confined(scope);
    const isReadable = (file: SourceFileRecord) => file.source === BROUGHT || confined.reads(file);
    return ({ groups }) => groups.every(({ files }) => files.every(isReadable));
  }

  /** What the record of a new job holds of the sources that it brings. */
  recordOf(jobId: JobId, { brought, secrets }: DataSource): Pick<JobRecord, "sources" | "sealedCredentials"> {
    if (brought.length === 0) return {};
    const sealedCredentials = this.#deps.credentials.keep(jobId, secrets);
    return { sources: brought, ...(sealedCredentials !== undefined && { sealedCredentials }) };
  }

  #confined({ prefixes, beyondVolumes }: SourceScope): Sources {
    return this.#deps.sources.confinedTo(prefixes, beyondVolumes ? VOLUME_SOURCE : undefined);
  }

  async #open(brought: readonly BroughtSource[], secrets: Secrets, scope?: SourceScope): Promise<OpenSources> {
    const base = scope ? this.#confined(scope) : this.#deps.sources;
    if (brought.length === 0) return { sources: base, [Symbol.asyncDispose]: async () => {} };
    const sources = await openMoreSources(base, brought, secrets, BRIEF);
    return { sources, [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose]() };
  }
}

function localOf({ type, address, ...rest }: DataSourceOptions): Pick<DataSource, "bucket" | "folder"> {
  const [key] = Object.keys(rest);
  if (key !== undefined)
    throw new ImportError("request_invalid", `options.data_source.${key} says nothing of type "${type}"`);
  return { bucket: FOLDERS, ...(address !== undefined && { folder: address.replace(/\/+$/, "") }) };
}

/** @throws {ImportError} `request_invalid` for two buckets */
export function bucketOf({ bucket }: { readonly bucket?: string }, source: DataSource): { bucket?: string } {
  if (source.bucket === undefined && source.brought.length === 0) return {};
  if (bucket !== undefined)
    throw new ImportError("request_invalid", "options.bucket and options.data_source: give one of them");
  return source.bucket === undefined ? {} : { bucket: source.bucket };
}

/** The same files below a folder. */
export function belowFolder(files: RequestedFiles, folder: string | undefined): RequestedFiles {
  if (folder === undefined) return files;
  const below = (path: string) => (path === "" ? "" : `${folder}/${path.replace(/^\/+/, "")}`);
  const { chunks = [] } = files;
  return {
    files: files.files.map(below),
    fileGroups: files.fileGroups.map(({ paths }) => ({ paths: paths.map(below) })),
    chunks: chunks.map((chunk) => ({ files: chunk.files.map((file) => ({ ...file, path: below(file.path) })) })),
  };
}
