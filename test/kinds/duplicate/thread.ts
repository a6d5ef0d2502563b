import { parentPort, workerData } from "node:worker_threads";
import { serveTasks, type ThreadSetup } from "@sluice/datanode";
import { runDuplicate } from "./task.ts";

// Third file: the kind is added to the list of those that a thread runs. In the product, `services/datanode/src/tasks`.
if (parentPort) await serveTasks(parentPort, workerData as ThreadSetup, { duplicate: runDuplicate });
