import { access, constants, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { RefusedError, type RestClient } from "../client/rest-client.ts";
import { color } from "../show/color.ts";
import { bytesText, say, showJson } from "../show/tables.ts";
import { version } from "../version.ts";
import { collectionsOf, restOf, SAY_WHO_CALLS, type ServerOptions, serverCommand } from "./common.ts";

/** What was looked at, what was found, and what to do about it. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly about: string;
}

interface DoctorOptions extends ServerOptions {
  readonly dataDir?: string;
}

/** Signatures of S3 are refused beyond 15 minutes; times of a client are waited for. */
const MAX_CLOCK_MS = 2000;
const MIN_FREE_BYTES = 2 ** 30;

/** `sluice doctor`; the exit code is 1 when one thing fails. */
export function doctorCommand(): Command {
  return serverCommand("doctor", "looks whether a server is well, and says what to do where it is not")
    .option("--data-dir <DIR>", "also the data folder of a standalone on this machine")
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options);
      if (findings.some(({ state }) => state === "failed")) process.exitCode = 1;
      if (options.json) return showJson(findings);
      for (const { check, state, about } of findings) say(`${marks[state]()} ${check}: ${about}`);
    });
}

const marks = {
  ok: () => color.green("ok     "),
  warning: () => color.yellow("warning"),
  failed: () => color.red("failed "),
};

/** Each check by itself; those are left out that want a server, or one that lets its caller in, where there is none. */
async function examine(options: DoctorOptions): Promise<Finding[]> {
  const rest = restOf(options);
  const reached = await finding("server", () => reach(rest, options));
  const findings = [reached];
  if (options.dataDir !== undefined) findings.push(await finding("data folder", () => folder(options.dataDir ?? "")));
  if (reached.state === "failed") return findings;
  findings.push(await finding("readiness", () => readiness(rest)));
  const access = await finding("access", () => caller(rest, options));
  findings.push(access);
  if (access.state === "failed") return findings;
  findings.push(await finding("version", () => versions(options)));
  findings.push(await finding("jobs", () => jobs(rest)));
  return findings;
}

type Result = string | Omit<Finding, "check">;

/** A text is well. */
async function finding(check: string, look: () => Promise<Result>): Promise<Finding> {
  try {
    const result = await look();
    return typeof result === "string" ? { check, state: "ok", about: result } : { check, ...result };
  } catch (error) {
    return { check, state: "failed", about: (error as Error).message };
  }
}

async function reach(rest: RestClient, { address }: ServerOptions): Promise<Result> {
  const begin = performance.now();
  const { dateMs } = await rest.probe("/healthz");
  const took = `answers at ${address} in ${Math.round(performance.now() - begin)} ms`;
  const offMs = dateMs === undefined ? 0 : Math.abs(Date.now() - dateMs);
  if (offMs <= MAX_CLOCK_MS) return took;
  const about = `${took}, but its clock differs by ${Math.round(offMs / 1000)} s from this machine's: set both by NTP`;
  return { state: "warning", about };
}

async function readiness(rest: RestClient): Promise<Result> {
  const { status, text } = await rest.probe("/readyz");
  return status === 200 ? "ready" : { state: "failed", about: `not ready: ${text}` };
}

async function caller(rest: RestClient, { address, token }: ServerOptions): Promise<Result> {
  try {
    await rest.post("collections/list", {});
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { state: "failed", about: `${error.message}: ${token === undefined ? SAY_WHO_CALLS : WRONG_TOKEN}` };
  }
  if (token !== undefined) return "the token is taken";
  const doors = [address, ...(await proxies(rest))];
  if (doors.every((door) => LOOPBACK.test(door))) return "nobody is asked who calls, on this machine";
  return { state: "warning", about: "everybody who reaches it may do everything: see --authorization-enabled" };
}

const WRONG_TOKEN =
  "the server does not know who --token, or SLUICE_TOKEN, says: look at user and password, or at the key";

const LOOPBACK = /^(https?:\/\/)?(localhost|127\.|\[::1\])/;

/** Where proxies say that they are reached: one that is called here may listen wider. */
async function proxies(rest: RestClient): Promise<string[]> {
  const members = await rest.post<readonly { role: string; address: string }[]>("cluster/members", {});
  return members.filter(({ role }) => role === "proxy").map(({ address }) => address);
}

async function versions(options: ServerOptions): Promise<Result> {
  using collections = await collectionsOf(options);
  const found = await collections.version();
  if (found.includes(version)) return `${version}, as this command`;
  return { state: "warning", about: `the server says ${found}, this command is ${version}: use the same` };
}

interface JobLine {
  readonly jobId: string;
  readonly state: string;
  readonly paused?: boolean;
}

async function jobs(rest: RestClient): Promise<Result> {
  const body = { order: "newest", pageSize: 1000, currentPage: 1 };
  const { records } = await rest.post<{ records: readonly JobLine[] }>("jobs/import/list", body);
  const open = records.filter(({ state }) => !["Completed", "Failed", "RolledBack"].includes(state));
  const waiting = open.filter(({ state, paused }) => paused || state === "Uncommitted").map(({ jobId }) => jobId);
  if (waiting.length === 0) return `${open.length} under way`;
  return { state: "warning", about: `wait for somebody's order (jobs commit, resume, cancel): ${waiting.join(", ")}` };
}

/** Is it the folder of a standalone, and is there room? What the metastore keeps lies in `meta`. */
async function folder(path: string): Promise<Result> {
  try {
    await access(join(path, "meta"), constants.R_OK | constants.W_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "EACCES" ? "belongs to another user" : "is no data folder";
    return { state: "failed", about: `${path} ${why}: name the folder that the server was started with` };
  }
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free >= MIN_FREE_BYTES) return `${bytesText(free)} free`;
  return { state: "warning", about: `${bytesText(free)} free: imports fail on a full disk` };
}
