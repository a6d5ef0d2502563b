import { describe, expect, test } from "@jest/globals";
import type { SchemaElement } from "../src/footer/schema-element.ts";
import { buildSchemaTree } from "../src/footer/schema-tree.ts";

const element = (change: Partial<SchemaElement>): SchemaElement =>
  ({ name: "x", repetition: "OPTIONAL", childCount: 0, typeLength: 0, ...change }) as SchemaElement;
const root = element({ name: "schema", repetition: undefined, childCount: 1 });
const leaf = element({ type: "INT64" });
const nested = Array.from({ length: 65 }, () => element({ childCount: 1 }));

describe("a damaged schema is refused by what is wrong with it", () => {
  test.each<[string, SchemaElement[], string]>([
    ["none at all", [], "it has no schema"],
    [
      "an end too early",
      [{ ...root, childCount: 2 } as SchemaElement, element({ childCount: 1 }), leaf],
      "the schema ends after 3 elements, and announces more",
    ],
    ["too deep", [root, ...nested, leaf], "the schema nests more than 64 levels deep"],
    ["a root with a type", [leaf], "the root of the schema is no group"],
    ["no name", [root, element({ type: "INT64", name: undefined })], "a schema element has no name"],
    [
      "no repetition",
      [root, element({ type: "INT64", repetition: undefined })],
      "schema element 'x' has no repetition",
    ],
  ])("%s", (_, elements, message) => {
    expect(() => buildSchemaTree(elements)).toThrow(message);
  });
});
