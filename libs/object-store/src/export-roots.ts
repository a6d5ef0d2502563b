import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { excerpt, ImportError } from "@sluice/errors";
import type { ObjectStore } from "./object-store.ts";
import { openObjectStore } from "./open-storages.ts";
import { checkSourceName } from "./sources/source-paths.ts";
import type { DescribedStorage, NamedRoot, Secrets, StorageValues } from "./storage.ts";
import { storages } from "./storages.ts";

const FORM = "NAME=/FOLDER or NAME=s3://BUCKET/FOLDER, its name in lower case";

/** Places of exports, no two of one name, with the secrets of all. */
export interface DescribedRoots {
  readonly roots: readonly NamedRoot[];
  readonly secrets: Secrets;
}

/**
 * Where files may be exported to.
 * @param texts `NAME=/FOLDER`, or the URL of a storage instead of the folder
 * @param env holds the credentials of named roots, as those of sources
 * @throws {Error} for what cannot be; it never repeats a secret
 */
export async function describeExportRoots(
  values: StorageValues,
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<DescribedRoots> {
  const roots: NamedRoot[] = [];
  let secrets: Secrets = {};
  for (const text of texts) {
    const [, name, address] = /^([a-z][a-z0-9-]*)=(.+)$/s.exec(text) ?? [];
    if (name === undefined) throw new Error(`an export root must have the form ${FORM}`);
    checkSourceName(name);
    if (roots.some((root) => root.name === name)) throw new Error(`two export roots are called "${name}"`);
    const described = await describedRoot(name, address, values, env);
    roots.push({ ...described.storage, name });
    secrets = { ...secrets, ...described.secrets };
  }
  return { roots, secrets };
}

async function describedRoot(
  name: string,
  address: string,
  values: StorageValues,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DescribedStorage> {
  const url = address.includes("://") ? URL.parse(address) : pathToFileURL(resolve(address));
  for (const { exportRootOf } of storages) {
    const described = url && (await exportRootOf?.({ name, url, env, values }));
    if (described) return described;
  }
  throw new Error(`export root "${name}": expected ${FORM}`);
}

/** Export roots as they are opened, each when it is first needed. */
export class ExportRoots implements AsyncDisposable {
  readonly #roots: readonly NamedRoot[];
  readonly #secrets: Secrets;
  readonly #open = new Map<string, Promise<ObjectStore>>();

  constructor({ roots, secrets }: DescribedRoots) {
    this.#roots = roots;
    this.#secrets = secrets;
  }

  /** @throws {ImportError} `path_refused` for a name that is none, with those that are; as the adapter's `open` */
  open(name: string): Promise<ObjectStore> {
    const known = this.#open.get(name);
    if (known) return known;
    const opened = openObjectStore(this.#named(name), this.#secrets);
    this.#open.set(name, opened);
    // What could not be opened may be there the next time.
    opened.catch(() => this.#open.delete(name));
    return opened;
  }

  /** @throws {ImportError} `path_refused` */
  check(name: string): void {
    this.#named(name);
  }

  #named(name: string): NamedRoot {
    const root = this.#roots.find((candidate) => candidate.name === name);
    if (root) return root;
    const names = this.#roots.map((candidate) => `${candidate.name}://`);
    const known = names.length > 0 ? `open are ${names.join(", ")}` : "none is open";
    const reason = `"${excerpt(name)}" is no place that exports may go to: ${known}; the setting --export-root NAME=FOLDER opens more`;
    throw new ImportError("path_refused", reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#open.values()) await (await opened.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
