import { describe, expect, it } from "@jest/globals";
import { queryRequestOf } from "../page/collections/query-request.ts";
import { createRequestOf } from "../page/import/collection-request.ts";
import { emptyForm, requestOf } from "../page/import/import-request.ts";
import { hrefOf, type Route, routeOf } from "../page/route.ts";

describe("an import", () => {
  const form = { ...emptyForm, files: " a.npy \n\n b.npy ", collectionName: "books " };

  it("has a file a line, each a table of its own or all one table", () => {
    expect(requestOf(form, false)).toEqual({ collectionName: "books", files: [["a.npy"], ["b.npy"]], options: {} });
    expect(requestOf({ ...form, isOneTable: true }, false).files).toEqual([["a.npy", "b.npy"]]);
  });

  it("says what differs from what the server does anyway", () => {
    const more = { partitionName: "new", onError: "skip", onDuplicate: "last", preset: "qdrant", isHeldBack: true };
    expect(requestOf({ ...form, ...more, options: "timeout = 3h\nsep=;" }, false)).toMatchObject({
      partitionName: "new",
      options: {
        on_error: "skip",
        on_duplicate: "last",
        preset: "qdrant",
        auto_commit: "false",
        timeout: "3h",
        sep: ";",
      },
    });
  });

  it("that is dry holds nothing back, whatever the options say", () => {
    const { options } = requestOf({ ...form, isHeldBack: true, options: "dry_run=false" }, true);
    expect(options).toEqual({ dry_run: "true" });
  });

  it("refuses a line that is no option", () => {
    expect(() => requestOf({ ...form, options: "timeout" }, false)).toThrow('"timeout" is no option: write key=value');
  });
});

it("a collection is made as it was proposed, without what speaks for it", () => {
  const proposed = {
    ...{ autoId: false, enableDynamicField: false, partitionKeyCandidates: [], unsupported: [] },
    fields: [{ fieldName: "id", dataType: "Int64", isPrimary: true, evidence: ["unique"] }],
    indexParams: [{ fieldName: "v", metricType: "COSINE", evidence: "norms differ" }],
  };
  expect(createRequestOf("books", proposed)).toEqual({
    collectionName: "books",
    schema: {
      autoId: false,
      enableDynamicField: false,
      fields: [{ fieldName: "id", dataType: "Int64", isPrimary: true }],
    },
    indexParams: [{ fieldName: "v", metricType: "COSINE", indexType: "AUTOINDEX" }],
  });
});

it("a query has all fields unless some are named, and a count no limit", () => {
  expect(queryRequestOf("b", { filter: " id > 1 ", fields: "", limit: "5" })).toEqual({
    ...{ collectionName: "b", filter: "id > 1", outputFields: ["*"], limit: 5 },
  });
  expect(queryRequestOf("b", { filter: "", fields: "id, title ,", limit: "x" })).toMatchObject({
    ...{ outputFields: ["id", "title"], limit: 20 },
  });
  expect(queryRequestOf("b", { filter: "", fields: "count( * )", limit: "5" })).not.toHaveProperty("limit");
});

describe("routes", () => {
  it.each<Route>([
    { page: "jobs" },
    { page: "jobs", kind: "merge" },
    { page: "job", jobId: "12" },
    { page: "job", jobId: "12", kind: "export" },
    { page: "import" },
    { page: "import", collection: "a b&c" },
    { page: "import", asJob: "12" },
    { page: "collections" },
    { page: "collection", name: "über/all?" },
    { page: "cluster" },
  ])("are what their address says: %j", (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  it.each(["", "#", "#/", "#/nothing", "#main", "#/%E0%A4", "#/jobs?kind=toString"])(
    "lead to the jobs from %j",
    (hash) => {
      expect(routeOf(hash)).toEqual({ page: "jobs" });
    },
  );
});
