import { afterEach, expect, it, jest } from "@jest/globals";
import type { JobView } from "../src/client/jobs.ts";
import { showJob } from "../src/show/job.ts";
import { showProgress } from "../src/show/progress.ts";

afterEach(() => {
  jest.restoreAllMocks();
});

function shown(more: Partial<JobView>): string {
  const said: unknown[] = [];
  const take = (text: unknown) => {
    said.push(text);
    return true;
  };
  jest.spyOn(process.stdout, "write").mockImplementation(take);
  jest.spyOn(process.stderr, "write").mockImplementation(take);
  showJob({ jobId: "7", state: "Completed", importedRows: 3, details: [], ...more } as unknown as JobView);
  jest.restoreAllMocks();
  return said.join("");
}

it.each([
  [{}, "3 rows imported"],
  [{ state: "Failed" }, "3 rows read, none imported"],
  [{ state: "Failed", deletes: true }, "3 deletes read, none applied"],
  [{ state: "RolledBack" }, "3 rows taken back"],
  [{ state: "Importing", paused: true }, "job 7 Importing, paused: "],
  [{ checkedRows: 4 }, "4 rows can be imported"],
  [{ deletes: true }, "3 rows deleted"],
  [{ deletes: true, state: "Importing" }, "3 deletes read"],
  [{ deletes: true, checkedRows: 4 }, "4 deletes can be applied"],
  [
    { rejectedRows: 3, details: [{ fileName: "a.csv", rejected: [{ row: 5, reason: "bad" }] }] },
    "a.csv row 5: bad\n2 more rows were left out: sluice jobs errors 7",
  ],
  [{ deletes: true, state: "Uncommitted" }, "its deletes count with: sluice jobs commit 7"],
])("a job %j is told in its words", (job, words) => {
  expect(shown(job as Partial<JobView>)).toContain(words);
});

it("a line of progress in a pipe says that a job rests", () => {
  const said: unknown[] = [];
  jest.spyOn(process.stderr, "write").mockImplementation((text) => Boolean(said.push(text)));
  jest.spyOn(performance, "now").mockReturnValue(60_000);
  using progress = showProgress();
  progress.update({ jobId: "7", state: "Copying", progress: 12, paused: true }, 30);
  expect(said.join("")).toMatch(/^Copying, paused 12% 30 rows/);
});
