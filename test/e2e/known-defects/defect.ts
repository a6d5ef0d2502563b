import type { ServerFixture } from "../../support/index.ts";

/** A defect that another importer had: its number, what is right, and the check of it on a running server. */
export type Defect = readonly [number: `D${number}`, fact: string, check: (fixture: ServerFixture) => Promise<void>];
