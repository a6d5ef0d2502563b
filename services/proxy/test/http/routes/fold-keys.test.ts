import { expect, it } from "@jest/globals";
import { z } from "zod";
import { foldKeys, memberOf } from "../../../src/http/routes/fold-keys.ts";
import { membersOf } from "../../../src/http/routes/known-members.ts";

const knowing = (...names: string[]) =>
  membersOf(z.object(Object.fromEntries(names.map((name) => [name, z.string()]))));

it("members are found whatever their case; one that is spelt exactly wins, of others the last", () => {
  const body = { COLLECTIONNAME: "a", collectionName: "b", jobID: 1, JOBID: 2 };
  expect([memberOf(body, "collectionName"), memberOf(body, "jobId"), memberOf(body, "files")]).toEqual([
    "b",
    2,
    undefined,
  ]);
  expect(foldKeys(body, knowing("collectionName", "jobId"))).toEqual({ collectionName: "b", jobId: 2 });
});

it("what nobody knows stays as it is, and names that every object has are none of its members", () => {
  const body = JSON.parse('{"Extra":1,"__proto__":{"dbName":"x"}}');
  expect(foldKeys(body, knowing("dbName"))).toBe(body);
  expect([memberOf(body, "dbName"), memberOf({}, "constructor")]).toEqual([undefined, undefined]);
  const named = foldKeys(JSON.parse('{"DBNAME":"x","__proto__":{"a":1}}'), knowing("dbName"));
  expect([Object.keys(named), Object.getPrototypeOf(named)]).toEqual([["dbName", "__proto__"], Object.prototype]);
});

it("members of inner objects and of lists are called as they are known, too; what is the caller's is left alone", () => {
  const rows = [{ FIELDNAME: 1 }];
  const known = membersOf(
    z.object({ search: z.array(z.object({ data: z.unknown() })).nullish(), rows: z.array(z.unknown()) }),
  );
  const told: string[] = [];
  const body = {
    Search: [
      { DATA: [1], odd: 2 },
      { data: [3], empty: "" },
    ],
    rows,
  };
  const folded = foldKeys(body, known, (key, member, path) => void (member ?? told.push(`${path}${key}`)));
  expect(folded).toEqual({
    search: [
      { data: [1], odd: 2 },
      { data: [3], empty: "" },
    ],
    rows,
  });
  expect(told).toEqual(["Search[0].odd"]);
});
