import { type Hdf5File, unsupported } from "./hdf5-file.ts";
import { linksOf } from "./links.ts";
import { type HeaderMessage, messageTypes, readObjectHeader } from "./object-header.ts";

/** Groups in groups, and objects of a file in all, or names of them. */
const MAX_DEPTH = 32;
const MAX_OBJECTS = 4096;
/** Links through which another link may lead, as in HDF5 itself. */
const MAX_LINKS = 16;

/** A data set, by its path from the root group. */
export interface FoundDataset {
  readonly path: string;
  readonly messages: readonly HeaderMessage[];
  /** Paths of other links that lead to it. */
  readonly alsoCalled: readonly string[];
}

/** What is found in a file. */
export interface FoundObjects {
  /** In the order in which groups list them. */
  readonly datasets: readonly FoundDataset[];
  /** Paths of links that lead into other files. */
  readonly elsewhere: readonly string[];
}

/** The path of a link, and that of what it leads to. */
interface Alias {
  readonly path: string;
  readonly target: string;
}

/** All data sets of a file; links that lead to nothing are passed over. @throws {ImportError} */
export async function findObjects(file: Hdf5File): Promise<FoundObjects> {
  const walk = new Walk(file);
  await walk.visit(file.root, "", 0);
  const names = otherNames([...walk.found.keys()], walk.aliases);
  const datasets = [...walk.found].map(([path, messages]) => ({ path, messages, alsoCalled: names.get(path) ?? [] }));
  return { datasets, elsewhere: walk.elsewhere };
}

class Walk {
  readonly found = new Map<string, readonly HeaderMessage[]>();
  readonly aliases: Alias[] = [];
  readonly elsewhere: string[] = [];
  readonly #file: Hdf5File;
  /** The path by which an object was come to first, by its address. */
  readonly #seen = new Map<number, string>();

  constructor(file: Hdf5File) {
    this.#file = file;
  }

  async visit(address: number, path: string, depth: number): Promise<void> {
    const first = this.#seen.get(address);
    if (first !== undefined) {
      this.aliases.push({ path, target: first });
      return;
    }
    this.#seen.set(address, path);
    if (depth > MAX_DEPTH || this.#seen.size > MAX_OBJECTS) throw tooMany();
    const messages = await readObjectHeader(this.#file, address);
    const isDataset = messages.some(({ type }) => type === messageTypes.layout);
    if (isDataset) this.found.set(path, messages);
    else await this.#visitLinks(messages, path, depth);
  }

  async #visitLinks(messages: readonly HeaderMessage[], group: string, depth: number): Promise<void> {
    for (const link of await linksOf(this.#file, messages)) {
      const path = joined(group, link.name);
      if (link.kind === "hard") await this.visit(link.address, path, depth + 1);
      else if (link.kind === "soft") this.aliases.push({ path, target: targetOf(group, link.target) });
      else this.elsewhere.push(path);
    }
  }
}

/** By the path of each data set those that other links give it, to it or to a group above it; of very many the first. */
function otherNames(paths: readonly string[], aliases: readonly Alias[]): Map<string, string[]> {
  const pathOf = new Map(paths.map((path) => [path, path]));
  for (let round = 0, before = 0; round < MAX_LINKS && before < pathOf.size; round++) {
    before = pathOf.size;
    const below = namesBelow([...pathOf.keys()]);
    for (const alias of aliases)
      for (const name of below.get(alias.target) ?? []) if (pathOf.size < MAX_OBJECTS) addName(pathOf, name, alias);
  }
  const others = new Map<string, string[]>(paths.map((path) => [path, []]));
  for (const [name, path] of pathOf) if (name !== path) others.get(path)?.push(name);
  return others;
}

function addName(pathOf: Map<string, string>, name: string, { path, target }: Alias): void {
  const other = path + name.slice(target.length);
  // A link to a group above itself would give names without end.
  const isInside = name.startsWith(`${path}/`);
  if (!isInside && !pathOf.has(other)) pathOf.set(other, pathOf.get(name) as string);
}

/** The names that begin with each path, itself among them. */
function namesBelow(names: readonly string[]): Map<string, string[]> {
  const below = new Map<string, string[]>();
  for (const name of names)
    for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
      const path = name.slice(0, end);
      const known = below.get(path);
      if (known) known.push(name);
      else below.set(path, [name]);
    }
  return below;
}

function joined(group: string, name: string): string {
  return group === "" ? name : `${group}/${name}`;
}

/** The path of a soft link from the root on. */
function targetOf(group: string, target: string): string {
  const from = target.startsWith("/") ? [] : group.split("/");
  return [...from, ...target.split("/")].filter((name) => name !== "" && name !== ".").join("/");
}

function tooMany(): Error {
  return unsupported(`it has more than ${MAX_OBJECTS} objects, or groups ${MAX_DEPTH} deep`);
}
