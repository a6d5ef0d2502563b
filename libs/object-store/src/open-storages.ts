import { ImportError } from "@sluice/errors";
import type { ObjectStore } from "./object-store.ts";
import { Sources } from "./sources/sources.ts";
import type { NamedStorage, OpenOptions, Secrets, Storage, StorageDescription } from "./storage.ts";
import { storages } from "./storages.ts";

/** The store of a description. It calls no server yet. @throws as the adapter's `open`; {ImportError} `unsupported` */
export function openObjectStore(
  description: StorageDescription,
  secrets: Secrets = {},
  open: OpenOptions = {},
): Promise<ObjectStore> {
  return storageOf(description).openObjects(description.options, secretOf(description, secrets), open);
}

/** Makes what a store of segments needs and is missing, such as a bucket. @throws {ImportError} where this process may not */
export async function prepareObjectStore(
  description: StorageDescription,
  secrets: Secrets,
  open: OpenOptions = {},
): Promise<void> {
  await storageOf(description).prepareObjects?.(description.options, secretOf(description, secrets), open);
}

/** What paths mean among the sources described, in their order. @throws as `openObjectStore` */
export async function openSources(
  descriptions: readonly NamedStorage[],
  secrets: Secrets = {},
  open: OpenOptions = {},
): Promise<Sources> {
  await using cleanup = new AsyncDisposableStack();
  const sources = [];
  for (const description of descriptions) {
    const { name, isDefault, options } = description;
    const secret = secretOf(description, secrets);
    const source = cleanup.use(await storageOf(description).openSource(options, secret, open));
    sources.push({ name, isDefault, source });
  }
  cleanup.move();
  return new Sources(sources);
}

/**
 * The sources of `base` and, before them, those that a job brings. Where one of those is a default, no path without the name of
 * a source leads to a default of `base`. Disposing closes what the job brought, and leaves `base` open.
 * @throws as `openObjectStore`; {ImportError} `request_invalid` for a name that is taken
 */
export async function openMoreSources(
  base: Sources,
  descriptions: readonly NamedStorage[],
  secrets: Secrets = {},
  open: OpenOptions = {},
): Promise<Sources> {
  const taken = descriptions.find(({ name }) => base.has(name));
  if (taken) throw new ImportError("request_invalid", `a source is called "${taken.name}" already: give another name`);
  return base.behind(await openSources(descriptions, secrets, open));
}

/** See `Storage.flushesInFlight`. */
export function flushesInFlight(objects: StorageDescription): number {
  return storageOf(objects).flushesInFlight ?? 1;
}

/** What a storage is given always is what it has described: its types are its own. */
type AnyStorage = Storage<object, object, object>;

function storageOf({ kind }: StorageDescription): AnyStorage {
  const storage = storages.find((candidate) => candidate.kind === kind);
  if (storage) return storage as unknown as AnyStorage;
  throw new ImportError("unsupported", `there is no storage of kind "${kind}" here`);
}

function secretOf({ secret }: StorageDescription, secrets: Secrets): object | undefined {
  if (secret === undefined) return undefined;
  if (Object.hasOwn(secrets, secret)) return secrets[secret];
  throw new ImportError("object_store_refused", `the credentials "${secret}" are not known here`);
}
