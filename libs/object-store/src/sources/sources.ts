import { excerpt, ImportError } from "@sluice/errors";
import {
  ConfinedRefused,
  type FoundFile,
  folderOf,
  isFolder,
  type ListOptions,
  refusePath,
  type Source,
  type SourceFile,
  type SourceRef,
} from "../source.ts";
import { ConfinedSource } from "./confined-source.ts";
import { parseScheme } from "./source-paths.ts";

/** One source among several. */
export interface NamedSource {
  readonly name: string;
  /** Paths without the name of a source are looked for here. */
  readonly isDefault: boolean;
  readonly source: Source;
}

/** Where a path was found to lead. */
interface Place extends NamedSource {
  /** The path inside of the source. */
  readonly inner: string;
}

/** How the refusals of paths end. */
const OPENING = "the settings --import-root FOLDER and --source NAME=s3://BUCKET/FOLDER open more";

/**
 * What the paths of imports mean. `name://path` is a file of the source of that name; a URL of a bucket, or an absolute path
 * below an import root, is one of the source that claims it; any other path is looked for in the default sources, one after
 * the other.
 *
 * B1. Nothing else is read: another bucket, another scheme, another folder is refused, never guessed at.
 * B2. What was found carries the version of its content, and opens only as that: a file that was replaced after its import
 *     was requested fails the import, also when it is as long as the old one.
 */
export class Sources implements AsyncDisposable {
  readonly #sources: readonly NamedSource[];
  readonly #owned: readonly AsyncDisposable[];

  /** @param owned what disposing disposes of; all sources unless given */
  constructor(
    sources: readonly NamedSource[],
    owned: readonly AsyncDisposable[] = sources.map(({ source }) => source),
  ) {
    this.#sources = sources;
    this.#owned = owned;
  }

  /** Whether paths may name such a source, and not whether it serves. */
  has(name: string): boolean {
    return this.#sources.some((source) => source.name === name);
  }

  /** Whether the source of that name serves now. @throws as `Source.check` */
  async check(name: string, signal?: AbortSignal): Promise<void> {
    await this.#sources.find((source) => source.name === name)?.source.check?.(signal);
  }

  /** Those of `first` and then these, which are no defaults where `first` has one. Disposing disposes of `first` alone. */
  behind(first: Sources): Sources {
    const hasDefault = first.#sources.some(({ isDefault }) => isDefault);
    const rest = this.#sources.map((source) => ({ ...source, isDefault: source.isDefault && !hasDefault }));
    return new Sources([...first.#sources, ...rest], [first]);
  }

  /**
   * The same sources, of which nothing is found or listed but what lies below these paths. A prefix that names no source is one of
   * the default sources; one of a source that there is not opens nothing. Disposing leaves the sources open.
   * @param only the name of the one source that is confined; all of them unless given
   */
  confinedTo(prefixes: readonly string[], only?: string): Sources {
    const places = prefixes.flatMap((prefix) => this.#placesOf(prefix));
    const confined = ({ source, ...named }: NamedSource): NamedSource => {
      if (only !== undefined && named.name !== only) return { ...named, source };
      const folders = places.filter(({ name }) => name === named.name).map(({ inner }) => inner);
      return { ...named, source: new ConfinedSource(source, { folders, allowed: prefixes }) };
    };
    return new Sources(this.#sources.map(confined), []);
  }

  /**
   * Whether a file that was found before, with these sources or more of them, may be read: by its names, without a look for it. What is
   * in doubt may not.
   */
  reads({ path, source: name, key }: Pick<SourceRef, "path" | "source" | "key">): boolean {
    const source = this.#sources.find((candidate) => candidate.name === name)?.source;
    if (!(source instanceof ConfinedSource)) return source !== undefined;
    // Keys are paths inside of a source, but for volumes, whose files are named by URLs.
    const place = parseScheme(path) && this.#placesOf(path).find((candidate) => candidate.name === name);
    return source.reads(place?.inner ?? key, key);
  }

  #placesOf(prefix: string): Place[] {
    try {
      const place = this.#placeOf(prefix);
      return place ? [place] : this.#defaults(prefix);
    } catch (error) {
      if (isRefusal(error)) return [];
      throw error;
    }
  }

  /**
   * @param bucket a bucket, or the name of a source, that the path is meant in: it is looked for there and nowhere else
   * @throws {ImportError} `path_refused`: this path may not be read; `file_not_found`; others as `ObjectReads.stat`
   */
  async find(path: string, bucket?: string): Promise<SourceRef> {
    const place = bucket === undefined ? this.#placeOf(path) : this.#placeIn(bucket, path);
    return place ? this.#found(path, place) : this.#findInDefaults(path);
  }

  /**
   * The file that `find` gave, here or in another process, to read it at that version.
   * @throws {ImportError} `path_refused` when its source is not open here; others as `Source.open`
   */
  async open(ref: SourceRef): Promise<SourceFile> {
    const named = this.#sources.find(({ name }) => name === ref.source);
    if (!named) throw this.#refused(ref.path, `lies in the source "${ref.source}", which is not open here`);
    return this.#explain(ref.path, () => named.source.open(ref));
  }

  /**
   * Files whose path starts with `prefix`, by paths as the prefix is written. Of the default sources only the first that has
   * any is listed: its files hide those of the others.
   * @param bucket see `find`
   * @throws {ImportError} as `find`, but for a missing file
   */
  async *list(prefix: string, options: ListOptions = {}, bucket?: string): AsyncGenerator<SourceRef> {
    const place = bucket === undefined ? this.#placeOf(prefix) : this.#placeIn(bucket, prefix);
    const places = place ? [place] : this.#defaults(prefix);
    let refusal: unknown;
    for (const { name, source, inner } of places) {
      let isEmpty = true;
      try {
        for await (const found of source.list(inner, options)) {
          isEmpty = false;
          yield refTo(folderOf(prefix) + found.below, name, found);
        }
      } catch (error) {
        if (!isRefusal(error) || !isEmpty) throw this.#withAllowed(fileOf(error) ?? prefix, error);
        refusal ??= error;
      }
      if (!isEmpty) return;
    }
    if (refusal) throw this.#withAllowed(prefix, refusal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#owned.map((owned) => owned[Symbol.asyncDispose]()));
  }

  /** B1. Undefined for a path that names no source. */
  #placeOf(path: string): Place | undefined {
    const url = parseScheme(path);
    const named = url && this.#sources.find(({ name }) => name === url.scheme);
    if (named) return { ...named, inner: url.rest };
    for (const candidate of this.#sources) {
      const inner = candidate.source.claim(path);
      if (inner !== undefined) return { ...candidate, inner };
    }
    if (!url) return undefined;
    const where = url.rest.split("/", 1)[0];
    throw this.#refused(path, `leads to "${url.scheme}://${where}", which is not open to imports`);
  }

  /** B1. A request that names a bucket never gets a file of the same name from another one. */
  #placeIn(bucket: string, path: string): Place {
    const isMeant = ({ name, source }: NamedSource) => name === bucket || source.bucket === bucket;
    const meant = this.#sources.filter(isMeant);
    if (meant.length === 0)
      throw this.#refused(path, `is meant in "${excerpt(bucket)}", which is no source of imports`);
    if (parseScheme(path)) {
      const place = this.#placeOf(path);
      if (place && isMeant(place)) return place;
      throw this.#refused(path, `does not lie in "${excerpt(bucket)}", which the option 'bucket' names`);
    }
    for (const named of meant) {
      const inner = named.name === bucket ? path : named.source.ofBucket?.(path);
      if (inner !== undefined) return { ...named, inner };
    }
    throw this.#refused(path, `leads into a part of "${excerpt(bucket)}" that is not open to imports`);
  }

  #defaults(inner: string): Place[] {
    return this.#sources.filter(({ isDefault }) => isDefault).map((candidate) => ({ ...candidate, inner }));
  }

  async #found(path: string, { name, source, inner }: Place): Promise<SourceRef> {
    const found = await this.#explain(path, () => source.find(inner));
    if (found) return refTo(path, name, found);
    throw missing(path, [source]);
  }

  /** A path that one default source refuses may well be a file of the next one. */
  async #findInDefaults(path: string): Promise<SourceRef> {
    const defaults = this.#defaults(path);
    const searched: Source[] = [];
    let refusal: unknown;
    for (const { name, source } of defaults) {
      try {
        const found = await source.find(path);
        if (found) return refTo(path, name, found);
        searched.push(source);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal ??= error;
      }
    }
    if (isFolder(refusal)) throw refusal;
    if (searched.length > 0) throw missing(path, searched);
    throw refusal ? this.#withAllowed(path, refusal) : this.#refused(path, "names no source, and none is the default");
  }

  async #explain<T>(path: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw this.#withAllowed(path, error);
    }
  }

  #refused(path: string, why: string): unknown {
    return this.#withAllowed(path, refusePath(path, why));
  }

  /** A refusal with what may be read, and what opens more. */
  #withAllowed(path: string, error: unknown): unknown {
    if (!isRefusal(error) || isFolder(error) || error instanceof ConfinedRefused) return error;
    const named = this.#sources.filter(({ isDefault }) => !isDefault).map(({ name }) => `${name}://PATH`);
    const allowed = [...this.#defaults("").map(({ source }) => source.allows), ...named].join(", ");
    const reason = `${error.reason} (allowed: ${allowed || "none"}; ${OPENING})`;
    return new ImportError("path_refused", reason, { file: path }, { cause: error });
  }
}

function isRefusal(error: unknown): error is ImportError {
  return error instanceof ImportError && (error.code === "path_refused" || error.code === "path_denied");
}

function fileOf(error: unknown): string | undefined {
  return error instanceof ImportError ? error.at?.file : undefined;
}

function refTo(path: string, source: string, { key, sizeBytes, version }: FoundFile): SourceRef {
  return { path, source, key, sizeBytes, version };
}

function missing(path: string, searched: readonly Source[]): ImportError {
  const where = searched.map((source) => source.where).join(" or ");
  return new ImportError("file_not_found", `the file does not exist ${where}`, { file: path });
}
