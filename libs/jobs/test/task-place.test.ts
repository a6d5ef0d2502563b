import { expect, it } from "@jest/globals";
import { taskPlace, taskWithId } from "@sluice/jobs";
import { taskId } from "@sluice/schema";

it.each([0, 1, 2, 3, 10, 401])("a task is found by its id among %d, and one that is none of them is not", (count) => {
  const tasks = Array.from({ length: count }, (_, i) => ({ taskId: taskId(462n * 10n ** 15n + BigInt(3 * i)), i }));
  for (const task of tasks) {
    expect(taskWithId(tasks, task.taskId)).toBe(task);
    expect(taskPlace(tasks, taskId(task.taskId + 1n))).toBe(-1);
    expect(taskWithId(tasks, taskId(task.taskId - 1n))).toBeUndefined();
  }
  expect(taskWithId(tasks, taskId(1n))).toBeUndefined();
});
