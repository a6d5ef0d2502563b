import { useState } from "preact/hooks";
import type { JobPage, JobState, JobSummary } from "../api/types.ts";
import { timeText } from "../format.ts";
import { useJobEvents, useLoaded } from "../hooks.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { Pager } from "../parts/pager.tsx";
import { Progress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { hrefOf } from "../route.ts";
import { rest, session } from "../session.ts";
import { type AskedPage, type HeardJob, jobsNow, withEvent } from "./job-list.ts";
import { leftOutText, listedRowsText, paceText, percentOf } from "./job-texts.ts";
import { KindChoice } from "./kind-choice.tsx";

const LIMIT = 25;
/** Besides the events, which tell of one job at a time: what was forgotten goes. */
const REFRESH_MS = 30_000;
const states: readonly JobState[] = [
  ...(["Pending", "Importing", "Uncommitted", "Committing", "Completed", "Failed", "RolledBack"] as const),
];

/** Import jobs of the database, newest first, as they go on. */
export function JobsPage() {
  const [offset, setOffset] = useState(0);
  const [state, setState] = useState("");
  const [collectionName, setCollection] = useState("");
  const query = {
    order: "newest",
    limit: LIMIT,
    offset,
    ...(state && { state }),
    ...(collectionName && { collectionName }),
  };
  const load = async (signal: AbortSignal): Promise<AskedPage> => {
    const askedMs = performance.now();
    return { ...(await rest.post<JobPage>("jobs/import/list", query, signal)), askedMs };
  };
  const { data, error } = useLoaded(load, [offset, state, collectionName], REFRESH_MS);
  const jobs = useLiveJobs(data, offset === 0 && state === "" && collectionName === "");
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <KindChoice kind="import" />
        <Field label="State">
          <select value={state} onChange={(event) => [setState(event.currentTarget.value), setOffset(0)]}>
            <option value="">every one</option>
            {states.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="Collection">
          <input
            value={collectionName}
            onChange={(event) => [setCollection(event.currentTarget.value), setOffset(0)]}
          />
        </Field>
      </form>
      <ErrorNotice error={error} />
      {jobs && <JobTable jobs={jobs} />}
      <Pager what="jobs" limit={LIMIT} count={data?.count ?? 0} {...{ offset, onOffset: setOffset }} />
    </>
  );
}

/** The page that was loaded, as it has become since. @param takesNew new jobs belong on it */
function useLiveJobs(page: AskedPage | undefined, takesNew: boolean): readonly JobSummary[] | undefined {
  const [heard, setHeard] = useState<readonly HeardJob[]>([]);
  useJobEvents(`?dbName=${encodeURIComponent(session.database)}`, (job) =>
    setHeard((before) => withEvent(before, { job, heardMs: performance.now() })),
  );
  return page && jobsNow(page, heard, takesNew, LIMIT);
}

const columns: readonly TableColumn<JobSummary>[] = [
  { title: "Job", cell: ({ jobId }) => <a href={hrefOf({ page: "job", jobId })}>{jobId}</a> },
  { title: "Collection", cell: ({ collectionName }) => collectionName },
  { title: "State", cell: ({ state }) => <StateBadge state={state} /> },
  {
    title: "Progress",
    cell: (job) => <Progress label={`Progress of job ${job.jobId}`} percent={percentOf(job)} />,
  },
  { title: "Rows", isNumber: true, cell: listedRowsText },
  { title: "Created", cell: ({ createTime }) => <span class="time">{timeText(createTime)}</span> },
  { title: "About", cell: (job) => <span class="about">{job.reason ?? (paceText(job) || leftOutText(job))}</span> },
];

function JobTable({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  const empty = "No jobs here. The page Import starts one.";
  return <Table caption="Import jobs" keyOf={({ jobId }) => jobId} rows={jobs} {...{ columns, empty }} />;
}
