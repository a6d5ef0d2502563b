import type { MetaStore } from "@sluice/metastore";
import type { DescribeBrought, ExportRoots, ObjectStore, Sources } from "@sluice/object-store";
import type { Address } from "@sluice/rpc";
import type { Logger, Metrics } from "@sluice/telemetry";
import type { JobPlanners } from "./jobs/kinds/job-planner.ts";

/** What a rootcoord is given. */
export interface RootCoordDeps {
  readonly store: MetaStore;
  readonly sources: Sources;
  /** Where files of volumes lie. */
  readonly objects: ObjectStore;
  readonly brought: (endpoints: readonly string[]) => DescribeBrought;
  readonly exports: ExportRoots;
  readonly dataCoordAddress: Address;
  /** How many querynodes live. */
  readonly queryNodes: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Kinds of jobs besides those that the product has, for who tries one out. */
  readonly moreKinds?: JobPlanners;
}
