import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import type { SourceRange } from "../../../src/format.ts";
import { openJsonl } from "../../../src/rows/json/index.ts";

const schema = fixtureSchema({
  fields: [
    { name: "id", type: 5, is_primary: true },
    { name: "t", type: 21, params: { max_length: 4 } },
    { name: "a", type: 22, element_type: 21, params: { max_capacity: 4, max_length: 4 } },
  ],
});
const good = '{"id":1,"t":"","a":[]}';

async function refusal(body: string, range?: SourceRange): Promise<ImportError> {
  const input = readerInput(schema, [await memoryFile("f.jsonl", Buffer.from(body))], {}, range);
  const error = await readCanonicalRows(schema, openJsonl(input)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ImportError);
  return error;
}

describe("a refused row of lines", () => {
  it("is told with the line beside the row: lines count from 1, and blank ones count", async () => {
    const error = await refusal(`${good}\n\n${good}\n${good.replace("1", '"x"')}\n`);
    expect(error.at).toMatchObject({ row: 2, line: 4 });
    expect(error.message).toContain("(f.jsonl, row 2, line 4, field ");
  });

  it("is told alike in a range", async () => {
    const body = `${good}\n\n${good}\n${good.replace("1", '"x"')}\n`;
    const error = await refusal(body, { begin: good.length + 4, end: body.length });
    expect(error.at).toMatchObject({ row: 2, line: 4 });
  });
});

describe("a text that is too long", () => {
  it.each([
    [
      '"t":"éêè"',
      "value length(6) for field t exceeds max_length(4): it counts bytes of UTF-8, the value has 3 characters",
    ],
    ['"t":"abcde"', "value length(5) for field t exceeds max_length(4)"],
    [
      '"a":["💎!"]',
      "value length(5) for field a exceeds max_length(4): it counts bytes of UTF-8, the value has 2 characters",
    ],
  ])("%s: is told in bytes, and in characters where these are fewer", async (member, reason) => {
    const key = member.slice(0, 4);
    const row = key === '"t":' ? good.replace('"t":""', member) : good.replace('"a":[]', member);
    expect((await refusal(row)).reason).toBe(reason);
  });
});

describe("a value of another kind", () => {
  it.each([
    ['{"id":{},"t":"","a":[]}', "got type 'map[string]interface {}' with value '{}' (an object)"],
    ['{"id":[],"t":"","a":[]}', "got type '[]interface {}' with value '[]' (a list)"],
    ['{"id":1,"t":2,"a":[]}', "got type 'json.Number' with value '2' (a number)"],
    ['{"id":1,"t":"","a":[1]}', "got type 'json.Number' with value '1' (a number)"],
    ['{"id":"1","t":"","a":[]}', "got type 'string' with value '\"1\"': the option coerce=true takes texts that are"],
    ['{"id":1,"t":-25,"a":[]}', "(a number): the option coerce=true takes integers as their text"],
    ['{"id":1,"t":2.5,"a":[]}', "got type 'json.Number' with value '2.5' (a number)"],
  ])("%s: is named in Go's word, as clients know it, and in a plain one", async (row, words) => {
    expect((await refusal(row)).reason).toContain(words);
  });
});
