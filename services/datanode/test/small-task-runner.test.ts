import { expect, it } from "@jest/globals";
import { SmallTaskRunner } from "../src/thread/small-task-runner.ts";
import type { AttemptRunner } from "../src/thread/worker-thread.ts";

function runnerCalled(name: string, isIdle?: boolean): AttemptRunner & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    ...(isIdle !== undefined && { isIdle }),
    run: async ({ kind }) => {
      ran.push(`${kind} in ${name}`);
      return { rowCount: 0 } as never;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

it.each([
  ["the first idle thread", [false, true, true], "second"],
  ["its own thread while all others are busy", [false, false, false], "own"],
  ["its own thread where others do not tell", [undefined, undefined, undefined], "own"],
])("a small task runs in %s", async (_where, idle, expected) => {
  const others = ["first", "second", "third"].map((name, i) => runnerCalled(name, idle[i]));
  const own = runnerCalled("own");
  const hooks = { answer: async () => undefined, onProgress() {}, onStorage() {} };
  const task = { kind: "import", input: {} } as never;
  await new SmallTaskRunner(others, own).run(task, hooks, new AbortController().signal);
  expect([...others, own].flatMap(({ ran }) => ran)).toEqual([`import in ${expected}`]);
});
