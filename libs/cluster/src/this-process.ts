import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Who a process is: in its sessions, in the key of a leader, and in its log lines, by which one finds the other. */
export interface ProcessIdentity {
  /** Told apart from every other process, also of the same host and number. */
  readonly node: string;
  readonly host: string;
  /** Of Kubernetes, as `POD_NAME` says; else empty. */
  readonly pod: string;
  readonly pid: number;
  readonly version: string;
  readonly startedMs: number;
}

/** Of Sluice; all packages have the same. */
export const version: string = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

/** The same from the start of the process to its end; each thread that loads this has one of its own. */
export const thisProcess: ProcessIdentity = {
  node: randomBytes(6).toString("hex"),
  host: hostname(),
  pod: process.env.POD_NAME ?? "",
  pid: process.pid,
  version,
  startedMs: Date.now(),
};
