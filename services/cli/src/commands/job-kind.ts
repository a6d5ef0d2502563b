import { Command } from "commander";
import { type AnyJob, jobOf, percentOf, stateTextOf } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";
import { color } from "../show/color.ts";
import { exitCodeOf } from "../show/job.ts";
import { say, showJson, showTable } from "../show/tables.ts";
import { restOf, type ServerOptions, serverCommand, type WatchOptions } from "./common.ts";
import { follow } from "./follow.ts";

/** A kind of job besides imports, as the command shows it. */
export interface JobKind<J extends AnyJob> {
  /** As in paths: `export`. */
  readonly kind: string;
  /** Name of the command for all of them: `exports`. */
  readonly plural: string;
  readonly rowsOf: (job: J) => number;
  readonly show: (job: J) => void;
  /** Columns of a list behind state and percent. */
  readonly columns: readonly (readonly [head: string, of: (job: J) => unknown])[];
  /** What becomes of what it has made when it is cancelled. */
  readonly cancelled: string;
}

/** Follows a job until it has ended, and shows it. */
export async function watchKind<J extends AnyJob>(
  rest: RestClient,
  jobId: string,
  { json }: Pick<ServerOptions, "json">,
  { kind, plural, rowsOf, show }: JobKind<J>,
): Promise<void> {
  const job = await follow<J>({
    ...{ look: () => jobOf(rest, kind, jobId), jobId, rowsOf },
    again: `sluice ${plural} watch ${jobId}`,
  });
  if (json) showJson(job);
  else show(job);
}

/** Records a job, and follows it until it has ended, or prints its id if wished. */
export async function startKind<J extends AnyJob>(
  options: ServerOptions & WatchOptions,
  body: object,
  kind: JobKind<J>,
): Promise<void> {
  const rest = restOf(options);
  const { jobId } = await rest.post<{ jobId: string }>(`jobs/${kind.kind}/create`, body);
  if (options.watch) await watchKind(rest, jobId, options, kind);
  else if (options.json) showJson({ jobId });
  else say(jobId);
}

/** The colour of a job's state. */
export function statePaint({ state }: AnyJob): (text: string) => string {
  if (state === "Completed") return color.green;
  return state === "Failed" ? color.red : color.cyan;
}

/** `list`, `show`, `watch`, `cancel`, `pause`, `resume`. */
export function jobKindCommand<J extends AnyJob>(of: JobKind<J>): Command {
  const { kind, plural, show, cancelled } = of;
  const all = new Command(plural).description(`${plural}: list, show, watch, stop`);
  const about = (name: string, description: string) => serverCommand(name, description).argument("<jobId>");
  all.addCommand(serverCommand("list", "the newest first").action((options: ServerOptions) => listKind(options, of)));
  all.addCommand(
    about("show", "one as it is").action(async (jobId: string, options: ServerOptions) => {
      const job = await jobOf<J>(restOf(options), kind, jobId);
      process.exitCode = exitCodeOf(job);
      if (options.json) showJson(job);
      else show(job);
    }),
  );
  all.addCommand(
    about("watch", "follow one until it has ended").action((jobId: string, options: ServerOptions) =>
      watchKind(restOf(options), jobId, options, of),
    ),
  );
  const orders = { cancel: `end one; ${cancelled}`, pause: "let one rest", resume: "let it go on" };
  for (const [order, description] of Object.entries(orders))
    all.addCommand(
      about(order, description).action(async (jobId: string, options: ServerOptions) => {
        await restOf(options).post(`jobs/${kind}/${order}`, { jobId });
        if (options.json) showJson({ jobId, order });
        else say(`${kind} ${jobId}: ${order} done`);
      }),
    );
  return all;
}

/** @param isMeant which of them stand in it */
export async function listKind<J extends AnyJob>(
  options: ServerOptions,
  { kind, columns }: JobKind<J>,
  isMeant: (job: J) => boolean = () => true,
): Promise<void> {
  const all = await restOf(options).post<{ records: readonly J[] }>(`jobs/${kind}/list`, {});
  const records = all.records.filter(isMeant);
  if (options.json) return showJson(records);
  showTable(
    [kind, "state", "%", ...columns.map(([head]) => head)],
    records.map((job) => [job.jobId, stateTextOf(job), percentOf(job), ...columns.map(([, of]) => of(job))]),
  );
}
