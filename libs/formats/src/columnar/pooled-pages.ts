import { giveMemory, takeMemory } from "@sluice/async";
import type { PageMemory } from "@sluice/parquet";

/** Pages in the memory of the thread: as garbage, megabytes for each file, they had V8 mark its whole heap again and again. */
export const pooledPages: PageMemory = { take: takeMemory, give: giveMemory };
