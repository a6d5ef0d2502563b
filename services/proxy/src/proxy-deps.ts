import type { Presence } from "@sluice/cluster";
import type { ObjectStore } from "@sluice/object-store";
import type { Address } from "@sluice/rpc";
import type { Logger, Metrics } from "@sluice/telemetry";

/** What a proxy is given. */
export interface ProxyDeps {
  readonly rootCoordAddress: Address;
  readonly dataCoordAddress: Address;
  readonly queryNodeAddress: Address;
  /** Where files of volumes lie; undefined: this proxy takes none. */
  readonly uploads: ObjectStore | undefined;
  /** What `/readyz` answers, of the process that it is part of. */
  readonly readiness: () => { readonly status: number; readonly body: string };
  /** Processes of the cluster that live now. */
  readonly members: () => readonly Presence[];
  readonly log: Logger;
  readonly metrics: Metrics;
}
