import { expect, it } from "@jest/globals";
import { resolveOutputFields } from "@sluice/query";
import { decodeStoredSchema } from "@sluice/rpc";
import { searchAnswer } from "../src/search/search-answer.ts";
import { SearchSources } from "../src/search/search-sources.ts";
import { AnswerBudget } from "../src/segment-rows.ts";
import { storedSchema } from "./query-world.ts";

it("names the search, and what to do, where its answer would be too large, whichever node has noticed", async () => {
  const collection = decodeStoredSchema(storedSchema, []);
  const rows = { take: async () => new AnswerBudget(100).spend(101) };
  const deps = { rows, sources: new SearchSources(collection.fields[0]) };
  const call = {
    order: { collectionName: "books" },
    collection,
    timezone: "UTC",
    deps,
    snapshotTs: 0n,
    isMomentAsked: false,
  };
  const output = resolveOutputFields(["text"], collection, { withPrimaryKey: false });
  const answer = searchAnswer(call as unknown as Parameters<typeof searchAnswer>[0], {
    hits: [[]],
    output,
    timeParts: [],
  });
  await expect(answer).rejects.toMatchObject({
    code: 1100,
    message: expect.stringMatching(/^search results exceed the maxOutputSize Limit 100 \(ask for fewer rows/),
  });
});
