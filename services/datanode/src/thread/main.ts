import "./open-arena.ts";

import { parentPort, workerData } from "node:worker_threads";
import { taskKinds } from "../tasks/index.ts";
import type { ThreadSetup } from "./messages.ts";
import { serveTasks } from "./serve-tasks.ts";

if (!parentPort) throw new Error("thread/main runs as a worker thread only");
await serveTasks(parentPort, workerData as ThreadSetup, taskKinds);
