import { expect, it } from "@jest/globals";
import type { ProxyContext } from "../src/context.ts";
import { forwardedOperations } from "../src/operations/forwarded.ts";

/** A rootcoord that answers with what it was asked. */
const root = new Proxy({}, { get: (_target, method) => async (request: object) => ({ method, ...request }) });
const operations = forwardedOperations({ root } as unknown as ProxyContext) as Record<
  string,
  (request: object, call: object) => Promise<object>
>;
const call = { database: "shop" };

it("gives a call the database of its headers, unless it names one or is about databases", async () => {
  expect(await operations.dropCollection({ dbName: "" }, call)).toMatchObject({ dbName: "shop" });
  expect(await operations.dropCollection({ dbName: "own" }, call)).toMatchObject({ dbName: "own" });
  expect(await operations.dropDatabase({ dbName: "" }, call)).toMatchObject({ dbName: "" });
});

it("forwards what the rootcoord answers in the public form, and nothing between services", () => {
  expect(Object.keys(operations)).toEqual(expect.arrayContaining(["createAlias", "listDatabases", "getImportState"]));
  for (const internal of ["allocIds", "startTask", "reportImport", "resolveCollection"])
    expect(operations).not.toHaveProperty(internal);
});
