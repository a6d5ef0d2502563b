import { CompositeSourceStore } from "./composite-source-store.ts";
import { LocalObjectStore } from "./local/local-object-store.ts";
import { LocalSourceStore } from "./local/local-source-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { S3ObjectStore } from "./s3/s3-object-store.ts";
import type { S3Options } from "./s3/s3-options.ts";
import { type S3SourceOptions, S3SourceStore } from "./s3/s3-source-store.ts";
import type { SourceStore } from "./source-store.ts";

/** An object store as plain data: it crosses to worker threads, which open the same. It may hold secrets. */
export type ObjectStoreDescription =
  | { readonly kind: "local"; readonly root: string }
  | { readonly kind: "s3"; readonly options: S3Options };

/** The same for the sources of imports. */
export type SourceStoreDescription =
  | { readonly kind: "local"; readonly roots: readonly string[] }
  /** With `roots`, their files are sources besides. */
  | { readonly kind: "s3"; readonly options: S3SourceOptions; readonly roots?: readonly string[] };

/** The store of a description. It calls no server yet. @throws as the adapter's `open` */
export function openObjectStore(description: ObjectStoreDescription): Promise<ObjectStore> {
  if (description.kind === "local") return LocalObjectStore.open({ root: description.root });
  return S3ObjectStore.open(description.options);
}

/** The same for sources. */
export function openSourceStore(description: SourceStoreDescription): Promise<SourceStore> {
  if (description.kind === "local") return LocalSourceStore.open({ roots: description.roots });
  const { options, roots = [] } = description;
  return roots.length > 0 ? CompositeSourceStore.open(options, roots) : S3SourceStore.open(options);
}
