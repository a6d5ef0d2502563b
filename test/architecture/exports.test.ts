import { globSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type Package, packageOf, packages, root } from "./workspace.ts";

interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly isType: boolean;
  /** The declaration and the comment before it. */
  readonly text: string;
}

/** Names by the package they are imported from, and the files that do. */
const uses = readUses();

function readUses(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const statements =
    /(?:\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*|\{([^}]*)\} = await import\(\s*)"(@sluice\/[^"]+)"|import\("(@sluice\/[^"]+)"\)\)\.(\w+)/g;
  for (const file of globSync(["{libs,services}/*/{src,test}/**/*.ts", "test/**/*.ts"], { cwd: root })) {
    if (file.includes("node_modules")) continue;
    for (const [, names, awaited, from, shortFrom, member] of readFileSync(join(root, file), "utf8").matchAll(
      statements,
    ))
      for (const name of namesIn(names ?? awaited ?? member)) {
        const key = `${packageOf(from ?? shortFrom)} ${name.split(" as ")[0]}`;
        found.set(key, [...(found.get(key) ?? []), file]);
      }
  }
  return found;
}

/** `a, type B as C` → `a`, `B as C`. */
function namesIn(list: string): string[] {
  return list.split(",").flatMap((name) => name.trim().replace(/^type /, "") || []);
}

/** What an entry offers, through its re-exports. */
function exportsOf(file: string): Declaration[] {
  const source = readFileSync(file, "utf8");
  const all = [...source.matchAll(/^export \* from "([^"]+)"/gm)].flatMap(([, from]) =>
    exportsOf(resolve(file, "..", from)),
  );
  const some = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)].flatMap(([, names, from]) => {
    const wanted = new Set(namesIn(names));
    return exportsOf(resolve(file, "..", from)).filter(({ name }) => wanted.has(name));
  });
  return [...all, ...some, ...declarationsIn(file, source)];
}

function declarationsIn(file: string, source: string): Declaration[] {
  const head = /^export (?:abstract |async )*(function\*?|class|const|let|type|interface) (\w+)/;
  // Parts of a file between blank lines at its top level: a declaration, with its comment.
  const parts = source.split(/^(?=\/\*\*|export |(?:async )?function |class |const |let |type |interface )/m);
  return parts.flatMap((text, at) => {
    const [, kind, name] = head.exec(text) ?? [];
    const comment = parts[at - 1]?.startsWith("/**") ? parts[at - 1] : "";
    const isType = kind === "interface" || kind === "type" || kind === "class";
    return name === undefined ? [] : [{ file, name, isType, text: comment + text }];
  });
}

/**
 * Exports that nobody else imports and that do not say they are `@public`. Types (classes are some) count as used where the
 * declaration of one that is used names them.
 */
function deadExports({ name: owner, folder }: Package, specifier: string, file: string): string[] {
  const isTestKit = specifier.endsWith("/testing");
  const isUsed = ({ name }: Declaration) =>
    (uses.get(`${owner} ${name}`) ?? []).some((user) => isTestKit || !join(root, user).startsWith(folder + sep));
  const declarations = exportsOf(file);
  const live = declarations.filter((one) => isUsed(one) || one.text.includes("@public"));
  // Who calls a function must be able to name what it takes and gives.
  for (const { text } of live)
    for (const other of declarations)
      if (other.isType && !live.includes(other) && new RegExp(`\\b${other.name}\\b`).test(text)) live.push(other);
  return declarations.filter((one) => !live.includes(one)).map(({ name }) => name);
}

const suites = globSync("test/**/*.ts", { cwd: root, exclude: ["**/node_modules"] }).map((file) => join(root, file));

/** Functions and constants that a file exports, although no other one imports them. */
function ownExports({ folder, entries }: Package): string[] {
  const files = globSync(["{src,test}/**/*.ts"], { cwd: folder }).map((file) => join(folder, file));
  const imported = new Set([...files, ...suites].flatMap(importedNames));
  const offered = new Set([...entries.values()].flatMap(exportsOf).map(({ file, name }) => `${file} ${name}`));
  const declared = files.filter((file) => file.startsWith(join(folder, "src")) && !file.includes(`${sep}gen${sep}`));
  return declared
    .flatMap((file) => declarationsIn(file, readFileSync(file, "utf8")))
    .filter(({ isType, file, name }) => !isType && !imported.has(`${file} ${name}`) && !offered.has(`${file} ${name}`))
    .map(({ file, name }) => `${relative(root, file)}: ${name}`);
}

/** `file name` of what a file imports from others of its package. */
function importedNames(file: string): string[] {
  const statements =
    /(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"(\.[^"]+)"|\{([^{}]*)\} = await import\("(\.[^"]+)"|\bimport\("(\.[^"]+)"\)\)\.(\w+)/g;
  return [...readFileSync(file, "utf8").matchAll(statements)].flatMap(
    ([, names, from, awaited, lateFrom, shortFrom, member]) =>
      namesIn(names ?? awaited ?? member).map(
        (name) => `${resolve(file, "..", from ?? lateFrom ?? shortFrom)} ${name.split(" as ")[0]}`,
      ),
  );
}

it.each(packages.map((found) => [found.name, found] as const))("files of %s export what others use", (_name, found) => {
  expect(ownExports(found)).toEqual([]);
});

describe.each(packages.flatMap((found) => [...found.entries].map(([specifier, file]) => ({ found, specifier, file }))))(
  "$specifier",
  ({ found, specifier, file }) => {
    it("exports what others use, and no more", () => {
      expect(deadExports(found, specifier, file)).toEqual([]);
    });
  },
);
