import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { settingsOf } from "@sluice/cluster";
import { kebabName, type SettingsDefinition } from "@sluice/config";
import { importErrors } from "@sluice/errors";
import { roles, standaloneSettings } from "@sluice/standalone";

const read = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8");

/** Files of the guide; pictures lie in folders beside them. */
const pages = () => readdirSync(join(import.meta.dirname, "../../docs")).filter((file) => file.endsWith(".md"));

/** First cells of a document's tables, without their quotes. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name, rest]) => ({ name, rest }));

it("docs/settings.md lists every setting of every program, with its defaults", () => {
  const rows = rowsOf(read("docs/settings.md"));
  const programs: readonly SettingsDefinition[] = [standaloneSettings, ...roles.map((role) => settingsOf(role))];
  const names = new Set(programs.flatMap((definition) => Object.keys(definition).map(kebabName)));
  expect(rows.map((row) => row.name).sort()).toEqual([...names].sort());
  for (const [name, setting] of programs.flatMap((definition) => Object.entries(definition))) {
    const isShown = setting.default !== undefined && typeof setting.default !== "boolean";
    const shown = isShown ? String(setting.default) : "";
    if (name === "port") expect(read("docs/settings.md")).toContain(shown);
    else expect(rows.find((row) => row.name === kebabName(name))?.rest).toContain(shown);
  }
});

it("docs/errors.md lists every error code, and whose fault it is", () => {
  const rows = rowsOf(read("docs/errors.md"));
  for (const [code, { blame }] of Object.entries(importErrors)) {
    const row = rows.find((candidate) => candidate.name === code);
    // These two are between services: no job ends with them.
    if (code === "attempt_superseded" || code === "aborted") expect(row).toBeUndefined();
    else expect(row?.rest.startsWith(blame)).toBe(true);
  }
});

it("ARCHITECTURE lists the records of every table of the metastore", () => {
  const folder = "libs/catalog/src";
  const sources = readdirSync(join(import.meta.dirname, "../..", folder)).map((file) => read(`${folder}/${file}`));
  const tables = sources.flatMap((source) => [...source.matchAll(/\bname: "([a-z-]+)"[,}\s]*(?:\n|idOf)/g)]);
  const keys = new Set([...read("ARCHITECTURE.md").matchAll(/`([a-z-]+)\/[^`]*`/g)].map(([, table]) => table));
  expect(tables.length).toBeGreaterThan(15);
  expect(tables.map(([, table]) => table).filter((table) => !keys.has(table))).toEqual([]);
});

it("README names commands that exist", () => {
  const { scripts } = JSON.parse(read("package.json"));
  for (const [, script] of read("README.md").matchAll(/npm run (?:-s )?([\w-]+)/g))
    expect(scripts).toHaveProperty(script);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["test", "start"]));
});

it("README leads to every page of docs/", () => {
  expect(pages().filter((page) => !read("README.md").includes(`(docs/${page}`))).toEqual([]);
});

it("rows of a document's tables stand together", () => {
  // A row after an empty line is shown as text.
  for (const file of ["README.md", ...pages().map((page) => `docs/${page}`)])
    expect(read(file)).not.toMatch(/\n\n\|[^\n]*\n(?!\|\s*:?-)/);
});
