import { checkSourceName } from "./sources/source-paths.ts";
import type { DescribedStorage, NamedStorage, Secrets, StorageValues } from "./storage.ts";
import { storages } from "./storages.ts";

// Settings -> descriptions. What is given decides which storages there are: nothing here knows one by name.

/** Sources in the order in which paths are looked for, defaults first, with the secrets of all. */
export interface DescribedSources {
  readonly sources: readonly NamedStorage[];
  readonly secrets: Secrets;
}

/** Where segments lie: the first storage that the settings ask for. @throws {Error} for what cannot be, or is not given */
export async function describeObjects(values: StorageValues): Promise<DescribedStorage> {
  for (const storage of storages) {
    const described = await storage.objectsOf(values);
    if (described) return described;
  }
  throw new MissingStorage(storages[0].chosenBy);
}

/** Nothing says where segments lie. */
export class MissingStorage extends Error {
  /** The setting that would. */
  readonly setting: string;
  constructor(setting: string) {
    super(`setting ${setting} is missing`);
    this.setting = setting;
  }
}

/**
 * Where files are imported from: what each storage brings by default, and the sources that the operator named.
 * @param texts `NAME=scheme://…`
 * @param env holds the credentials of named sources
 * @throws {Error} for what cannot be; it never repeats a secret
 */
export async function describeSources(
  values: StorageValues,
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<DescribedSources> {
  const sources: NamedStorage[] = [];
  let secrets: Secrets = {};
  const add = (name: string, isDefault: boolean, described: DescribedStorage) => {
    if (sources.some((other) => other.name === name)) throw new Error(`two sources are called "${name}"`);
    sources.push({ ...described.storage, name, isDefault });
    secrets = { ...secrets, ...described.secrets };
  };
  for (const storage of storages)
    for (const { name, ...described } of await storage.defaultSourcesOf(values)) add(name, true, described);
  for (const text of texts) {
    const { name, described } = await namedSource(text, values, env);
    add(name, false, described);
  }
  return { sources, secrets };
}

async function namedSource(
  text: string,
  values: StorageValues,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly name: string; readonly described: DescribedStorage }> {
  const forms = storages.flatMap(({ schemes }) => Object.values(schemes)).join(" or ");
  const [, name, address] = /^([a-z][a-z0-9-]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new Error(`a source must have the form ${forms}, its name in lower case`);
  checkSourceName(name);
  const url = URL.parse(address);
  const storage = storages.find(({ schemes }) => url && Object.hasOwn(schemes, url.protocol.slice(0, -1)));
  if (!url || !storage?.sourceOf) throw new Error(`source "${name}": expected ${forms}`);
  return { name, described: await storage.sourceOf({ name, url, env, values }) };
}
