import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "@jest/globals";
import { packages, root, sourcesOf } from "./workspace.ts";

/** The catalog writes keys; the metastore passes them on. */
const others = packages.filter(({ name }) => name !== "catalog" && name !== "metastore");
const read = (file: string) => ({ file, text: readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "") });
const sources = others.flatMap(({ folder }) => sourcesOf(folder)).map(read);
const catalog = sourcesOf(join(root, "libs/catalog")).map((file) => read(file).text);

/** What keys begin with: names of tables, and of what processes hold. */
const tables = catalog.flatMap((text) => [...text.matchAll(/: Table<(\w+)[^=]*= \{\s*name: "([\w-]+)"/g)]);
const held = catalog.flatMap((text) => [...text.matchAll(/["`]([\w-]+)\//g)]);
const beginnings = [...tables.map(([, , name]) => name), ...held.map(([, name]) => name)];

const filesWith = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => relative(root, file));

it("finds what keys begin with", () => {
  expect(beginnings).toEqual(expect.arrayContaining(["job", "task", "segment", "alloc", "session", "leader"]));
});

it("keys of the metastore are written in libs/catalog alone", () => {
  expect(filesWith(new RegExp(`["\`](?:${beginnings.join("|")})/`))).toEqual([]);
});

it("what the metastore keeps becomes a record through its table alone", () => {
  expect(filesWith(new RegExp(`\\bas (?:${tables.map(([, record]) => record).join("|")})\\b`))).toEqual([]);
});
