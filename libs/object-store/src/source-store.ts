import type { ObjectInfo, ObjectSource, ObjectStore } from "./object-store.ts";

/** Where the files of an import are read from. It never writes; keys are its own, users give paths. */
export interface SourceStore extends ObjectStore {
  /**
   * The file that a user's path means; its `key` is good for all reads of this store.
   * @throws {ImportError} `path_refused`: this path may not be read; `file_not_found`; `object_store_unavailable`
   */
  resolve(path: string): Promise<ObjectInfo>;
}

/** Resolves a user's path to a source that keeps the path for messages. @throws as `SourceStore.resolve` */
export async function resolveSource(store: SourceStore, path: string): Promise<ObjectSource> {
  const { key, sizeBytes } = await store.resolve(path);
  return { store, key, path, sizeBytes };
}
