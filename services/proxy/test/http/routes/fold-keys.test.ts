import { expect, it } from "@jest/globals";
import { foldKeys, memberOf } from "../../../src/http/routes/fold-keys.ts";

it("members are found whatever their case; one that is spelt exactly wins, of others the last", () => {
  const body = { COLLECTIONNAME: "a", collectionName: "b", jobID: 1, JOBID: 2 };
  expect([memberOf(body, "collectionName"), memberOf(body, "jobId"), memberOf(body, "files")]).toEqual([
    "b",
    2,
    undefined,
  ]);
  expect(foldKeys(body, ["collectionName", "jobId"])).toEqual({ collectionName: "b", jobId: 2 });
});

it("what nobody knows stays as it is, and names that every object has are none of its members", () => {
  const body = JSON.parse('{"Extra":1,"__proto__":{"dbName":"x"}}');
  expect(foldKeys(body, ["dbName"])).toBe(body);
  expect([memberOf(body, "dbName"), memberOf({}, "constructor")]).toEqual([undefined, undefined]);
  const named = foldKeys(JSON.parse('{"DBNAME":"x","__proto__":{"a":1}}'), ["dbName"]);
  expect([Object.keys(named), Object.getPrototypeOf(named)]).toEqual([["dbName", "__proto__"], Object.prototype]);
});
