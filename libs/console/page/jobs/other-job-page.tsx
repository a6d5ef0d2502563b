import { useState } from "preact/hooks";
import type { OtherJob, OtherKind } from "../api/types.ts";
import { bytesText, countText, timeText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { Facts } from "../parts/facts.tsx";
import { ErrorNotice, Notice } from "../parts/notice.tsx";
import { Progress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Table } from "../parts/table.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { actionsOfOther } from "./job-actions.ts";
import { JobButtons } from "./job-buttons.tsx";
import { paceText, percentOf, tookText } from "./job-texts.ts";
import { otherKinds, outcomeOf, partitionsOf, rowsOfOther } from "./other-kinds.ts";

/** Of these jobs no events tell. */
const REFRESH_MS = 2000;

interface OtherJobProps {
  readonly jobId: string;
  readonly kind: OtherKind;
}

/** One export, copy or merge: how far it is, and what it has come to. */
export function OtherJobPage({ jobId, kind }: OtherJobProps) {
  const [isOpen, setOpen] = useState(true);
  const load = async (signal: AbortSignal) => {
    const job = await rest.post<OtherJob>(`jobs/${kind}/describe`, { jobId }, signal);
    setOpen(job.phase !== "ended");
    return job;
  };
  const { data: job, error, reload } = useLoaded(load, [kind, jobId], isOpen ? REFRESH_MS : undefined);
  if (!job) return <ErrorNotice error={error} />;
  return (
    <>
      <ErrorNotice error={error} />
      <Outcome job={job} />
      <JobButtons {...{ jobId, kind, actions: actionsOfOther(job), onDone: reload }} />
      <JobFacts job={job} kind={kind} />
      <Partitions job={job} />
    </>
  );
}

/** How it stands, and why it failed. */
function Outcome({ job }: { readonly job: OtherJob }) {
  const isFailed = job.state === "Failed";
  return (
    <>
      <p class="outcome">
        <StateBadge state={job.state} isPaused={job.paused ?? false} />
        <Progress label="Progress of the job" percent={percentOf(job)} />
        <span aria-live="polite">{paceText(job)}</span>
      </p>
      {job.reason && <Notice kind={isFailed ? "error" : "warning"}>{job.reason}</Notice>}
      {job.warnings?.map((warning) => (
        <Notice key={warning} kind="warning">
          {warning}
        </Notice>
      ))}
    </>
  );
}

function JobFacts({ job, kind }: { readonly job: OtherJob; readonly kind: OtherKind }) {
  const { collectionName: name } = job;
  return (
    <Facts
      facts={[
        ["Kind", <a href={hrefOf({ page: "jobs", kind })}>{otherKinds[kind].title}</a>],
        ["Collection", <a href={hrefOf({ page: "collection", name })}>{name}</a>],
        ["Rows", countText(rowsOfOther(job, kind))],
        ["Phase", job.phase],
        ["Created", timeText(job.createTime)],
        ["Ended", timeText(job.completeTime)],
        ["Took", tookText(job, Date.now())],
        ...outcomeOf(job).map(([label, value]) => [label, valueText(label, value)] as const),
      ]}
    />
  );
}

function valueText(label: string, value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return label === "Size" ? bytesText(value) : countText(value);
}

function Partitions({ job }: { readonly job: OtherJob }) {
  const rows = partitionsOf(job);
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>Partitions</h2>
      <Table
        caption="Rows of each partition"
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          { title: "Partition", cell: ({ name }) => name },
          { title: "Rows of the source", isNumber: true, cell: ({ sourceRows }) => countText(sourceRows) },
          { title: "Rows", isNumber: true, cell: ({ rows }) => countText(rows) },
        ]}
        empty=""
      />
    </section>
  );
}
