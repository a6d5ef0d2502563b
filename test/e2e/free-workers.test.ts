import { expect, it } from "@jest/globals";
import { bookCollection, readRecords, useServer } from "../support/index.ts";

const fixture = useServer({ workers: 3 });
const ROWS = 70_000;

it("a file of a hundred megabytes keeps every free worker busy", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("shared"));
  const padding = "x".repeat(1400);
  const line = (id: number) => `{"id":${id},"title":"t","year":1,"vector":[1,2,3,4],"padding":"${padding}"}\n`;
  const path = await files.write("shared.jsonl", Array.from({ length: ROWS }, (_, id) => line(id)).join(""));
  const outcome = await client.importAndWait("shared", [path]);
  expect(outcome.rowCount).toBe(ROWS);
  expect(await client.count("shared")).toBe(ROWS);
  await fixture.stop();
  const { tasks } = await readRecords(fixture.dataDir);
  expect(tasks.map(({ rowCount }) => rowCount > ROWS / 4)).toEqual([true, true, true]);
}, 30_000);
