import type { ObjectReads } from "../object-store.ts";
import {
  type FoundFile,
  type ListedFile,
  type ListOptions,
  refusePath,
  type Source,
  type SourceFile,
} from "../source.ts";
import { type NamedSource, Sources } from "../sources/sources.ts";
import { parseContentKey } from "./chunk-layout.ts";
import { ChunkedFile } from "./chunked-file.ts";

/** The scheme of files in volumes: `volume://NAME/path`. */
export const VOLUME_SOURCE = "volume";

/** What paths in volumes mean. Only the rootcoord can say; whoever has what it found opens that. */
export interface VolumeIndex {
  /** @param path `NAME/path` @throws {StatusError}, {ImportError} as `Source.find` */
  find(path: string): Promise<FoundFile | undefined>;
  /** @param prefix `NAME/prefix` @throws as `find` */
  list(prefix: string, options: ListOptions): AsyncIterable<ListedFile>;
}

/** The sources and, besides, the files of volumes, which lie in the store of segments. Disposing of them disposes of nothing. */
export function withVolumes(sources: Sources, store: ObjectReads, index?: VolumeIndex): Sources {
  const named: NamedSource = { name: VOLUME_SOURCE, isDefault: false, source: new VolumeSource(store, index) };
  return sources.behind(new Sources([named], []));
}

/** A file of a volume by what its index says of it. @throws as `Source.open` */
export async function openContent(
  store: ObjectReads,
  file: FoundFile & { readonly path: string },
): Promise<SourceFile> {
  if (!parseContentKey(file.key)) throw refusePath(file.path, "leads to nothing that a volume holds");
  return ChunkedFile.open(store, file);
}

class VolumeSource implements Source {
  readonly allows = "volume://NAME/PATH";
  readonly where = "in the volume";
  readonly #store: ObjectReads;
  readonly #index: VolumeIndex | undefined;

  constructor(store: ObjectReads, index: VolumeIndex | undefined) {
    this.#store = store;
    this.#index = index;
  }

  claim(): undefined {
    return undefined;
  }

  async find(path: string): Promise<FoundFile | undefined> {
    return this.#index?.find(path);
  }

  async open(file: FoundFile & { readonly path: string }): Promise<SourceFile> {
    return openContent(this.#store, file);
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedFile> {
    if (this.#index) yield* this.#index.list(prefix, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
