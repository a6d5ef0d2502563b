import {
  ConfinedRefused,
  type FoundFile,
  folderOf,
  type ListedFile,
  type ListOptions,
  type Source,
  type SourceFile,
} from "../source.ts";

/** What of a source may be read. */
export interface SourceConfinement {
  /** Folders or files of the source. */
  readonly folders: readonly string[];
  /** All that may be read, of every source, for messages. */
  readonly allowed: readonly string[];
}

/**
 * A source of which only some folders are read, whatever else its bucket or its roots have. What lies outside is not even looked
 * for: the refusal is the same whether it is there or not.
 */
export class ConfinedSource implements Source {
  readonly allows: string;
  readonly where: string;
  readonly bucket?: string;
  readonly #source: Source;
  readonly #confinement: SourceConfinement;

  constructor(source: Source, confinement: SourceConfinement) {
    this.allows = source.allows;
    this.where = source.where;
    if (source.bucket !== undefined) this.bucket = source.bucket;
    this.#source = source;
    this.#confinement = confinement;
  }

  claim(path: string): string | undefined {
    return this.#source.claim(path);
  }

  ofBucket(key: string): string | undefined {
    return this.#source.ofBucket?.(key);
  }

  covers(folder: string, path: string, key?: string): boolean {
    return this.#source.covers?.(folder, path, key) ?? coversByText(folder, path);
  }

  async find(path: string): Promise<FoundFile | undefined> {
    this.#check(path);
    const found = await this.#source.find(path);
    if (found) this.#check(path, found.key);
    return found;
  }

  /** What `find` gave, of this source or of one that is confined otherwise. */
  open(file: FoundFile & { readonly path: string }): Promise<SourceFile> {
    return this.#source.open(file);
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ListedFile> {
    const folder = folderOf(prefix);
    this.#check(folder, undefined, prefix);
    for await (const file of this.#source.list(prefix, options)) {
      // By a link a name may lead out of its folder; what is called how there is not told.
      this.#check(folder + file.below, file.key, prefix);
      yield file;
    }
  }

  async check(signal?: AbortSignal): Promise<void> {
    await this.#source.check?.(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
  }

  /** Whether a file that was found before may be read, by its names: it is not looked for. */
  reads(path: string, key?: string): boolean {
    return this.#confinement.folders.some((folder) => this.covers(folder, path, key));
  }

  /** @throws {ConfinedRefused} */
  #check(path: string, key?: string, shown = path): void {
    if (!this.reads(path, key)) throw new ConfinedRefused(shown, this.#confinement.allowed);
  }
}

/** Whether a path lies in a folder, or is it. Slashes at the ends mean nothing; what has dots lies nowhere. */
export function coversByText(folder: string, path: string): boolean {
  const outer = folder.replace(/^\/+|\/+$/g, "");
  const inner = path.replace(/^\/+/, "");
  if (inner.split("/").some((part) => part === "." || part === "..")) return false;
  return outer === "" || inner === outer || inner.startsWith(`${outer}/`);
}
