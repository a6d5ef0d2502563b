import { expect, it } from "@jest/globals";
import { formatOptionKeys } from "@sluice/formats";
import { optionsJsonSchema } from "@sluice/jobs";

it("what formats look at is known to the options document", () => {
  const { properties } = optionsJsonSchema() as { properties: object };
  expect(Object.keys(properties)).toEqual(expect.arrayContaining([...formatOptionKeys]));
});
