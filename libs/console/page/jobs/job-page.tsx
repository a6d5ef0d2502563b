import { useState } from "preact/hooks";
import type { Job } from "../api/types.ts";
import { bytesText, timeText } from "../format.ts";
import { useJobEvents, useLoaded } from "../hooks.ts";
import { keptForm } from "../import/kept-forms.ts";
import { Facts } from "../parts/facts.tsx";
import { ErrorNotice, Notice } from "../parts/notice.tsx";
import { Progress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { CheckedReport } from "./checked-report.tsx";
import { actionsOf } from "./job-actions.ts";
import { JobButtons } from "./job-buttons.tsx";
import { JobErrors } from "./job-errors.tsx";
import { JobFiles } from "./job-files.tsx";
import { leftOutText, paceText, percentOf, rowsLabel, rowsText, tookText } from "./job-texts.ts";
import { JobTimeline } from "./job-timeline.tsx";
import { OffendingLine } from "./offending-line.tsx";

/** What is shown besides the events, such as times that go on. */
const REFRESH_MS = 5000;

/** One import: how far it is, what became of its files, and what is wrong with them. */
export function JobPage({ jobId }: { readonly jobId: string }) {
  const [isOpen, setOpen] = useState(true);
  const load = async (signal: AbortSignal) => {
    const job = await rest.post<Job>("jobs/import/describe", { jobId }, signal);
    setOpen(job.phase !== "ended");
    return job;
  };
  const { data: job, error, reload } = useLoaded(load, [jobId], isOpen ? REFRESH_MS : undefined);
  useJobEvents(isOpen ? `?jobId=${encodeURIComponent(jobId)}` : undefined, reload);
  if (!job) return <ErrorNotice error={error} />;
  return (
    <>
      <ErrorNotice error={error} />
      <Outcome job={job} />
      <JobButtons kind="import" {...{ jobId, actions: actionsOf(job), onDone: reload }} />
      {job.checked && keptForm(jobId) && (
        <a class="button" href={hrefOf({ page: "import", asJob: jobId })}>
          Import what was checked
        </a>
      )}
      <JobFacts job={job} />
      {job.checked && <CheckedReport checked={job.checked} files={job.details} />}
      <JobErrors key={job.rejectedRows ?? 0} job={job} />
      <JobFiles files={job.details} />
      <JobTimeline job={job} />
    </>
  );
}

/** How it stands, and why it failed, in the file's own words. */
function Outcome({ job }: { readonly job: Job }) {
  return (
    <>
      <p class="outcome">
        <StateBadge state={job.state} isPaused={job.paused ?? false} />
        {job.dryRun && <span class="badge quiet">Dry run</span>}
        <Progress label="Progress of the job" percent={percentOf(job)} />
        <span aria-live="polite">{paceText(job)}</span>
      </p>
      {job.reason && <Notice kind={job.state === "Failed" ? "error" : "warning"}>{job.reason}</Notice>}
      {job.failure?.file !== undefined && <OffendingLine jobId={job.jobId} place={job.failure} />}
      {job.warnings?.map((warning) => (
        <Notice key={warning} kind="warning">
          {warning}
        </Notice>
      ))}
      {job.state === "Uncommitted" && (
        <Notice kind="info">Its rows are durable, and invisible until it is committed.</Notice>
      )}
    </>
  );
}

function JobFacts({ job }: { readonly job: Job }) {
  const { collectionName: name, rollbackRefused } = job;
  return (
    <Facts
      facts={[
        ["Collection", <a href={hrefOf({ page: "collection", name })}>{name}</a>],
        [rowsLabel(job), rowsText(job)],
        ["Left out", leftOutText(job) || undefined],
        ["Size of the files", bytesText(job.fileSize)],
        ["Phase", job.phase],
        ["Created", timeText(job.createTime)],
        ["Ended", timeText(job.completeTime)],
        ["Took", tookText(job, Date.now())],
        ["Retry of", linksOf(job.retryOf)],
        ["Retried by", linksOf(...(job.retriedBy ?? []))],
        ["Corrects", linksOf(job.corrects)],
        ["Corrected by", linksOf(...(job.correctedBy ?? []))],
        ["Cannot be rolled back", rollbackRefused],
      ]}
    />
  );
}

function linksOf(...jobs: (string | undefined)[]) {
  const ids = jobs.filter((id) => id !== undefined);
  if (ids.length === 0) return undefined;
  return ids.map((jobId) => (
    <a key={jobId} class="listed" href={hrefOf({ page: "job", jobId })}>
      {jobId}
    </a>
  ));
}
