import { expect, it } from "@jest/globals";
import { WorkerThread } from "../src/index.ts";

const entry = new URL("growing-thread.ts", import.meta.url);
const hooks = { answer: async () => undefined, onProgress: () => {}, onStorage: () => {} };

it("a thread's heap may grow by 12 MB before V8 marks it", async () => {
  await using thread = new WorkerThread({} as never, entry);
  const task = { kind: "grow", input: "12" };
  const outcome = await thread.run(task, hooks, AbortSignal.timeout(60_000));
  expect(outcome.rowCount).toBe(0);
});
