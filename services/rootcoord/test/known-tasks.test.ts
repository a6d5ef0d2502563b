import { expect, it } from "@jest/globals";
import type { RecordEntry, TaskRecord } from "@sluice/catalog";
import { taskId } from "@sluice/schema";
import fc from "fast-check";
import { KnownTasks } from "../src/jobs/known-job.ts";

const entry = (id: number, attempt: number) =>
  ({
    key: "",
    revision: 0n,
    record: { taskId: taskId(BigInt(id)), attempt, state: stateOf(attempt) },
  }) as unknown as RecordEntry<TaskRecord>;

const stateOf = (attempt: number) => (attempt % 2 === 0 ? "running" : "persisted");

/** Sets a task, or deletes it, and perhaps looks at the list. */
const steps = fc.array(
  fc.record({ isSet: fc.boolean(), id: fc.integer({ min: 1, max: 12 }), isLooked: fc.boolean() }),
  { maxLength: 40 },
);

it("tasks are in order of id after every change, and lists that were given change no more", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const [tasks, model] = [new KnownTasks([]), new Map<number, number>()];
      const shown: { readonly list: readonly TaskRecord[]; readonly copy: TaskRecord[] }[] = [];
      for (const [attempt, { isSet, id, isLooked }] of all.entries()) {
        if (isSet) tasks.set(entry(id, attempt));
        else tasks.delete(taskId(BigInt(id)));
        if (isSet) model.set(id, attempt);
        else model.delete(id);
        expect(tasks.runningCount).toBe([...model.values()].filter((one) => stateOf(one) === "running").length);
        if (!isLooked) continue;
        const list = tasks.inOrder();
        const wanted = [...model].sort(([a], [b]) => a - b);
        expect(list.map((task) => [Number(task.taskId), task.attempt])).toEqual(wanted);
        shown.push({ list, copy: [...list] });
      }
      for (const { list, copy } of shown) expect(list).toEqual(copy);
    }),
  );
});
