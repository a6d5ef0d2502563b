import { useState } from "preact/hooks";
import type { OtherJob, OtherJobPage, OtherKind } from "../api/types.ts";
import { countText, timeText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { Pager } from "../parts/pager.tsx";
import { Progress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { paceText, percentOf } from "./job-texts.ts";
import { KindChoice } from "./kind-choice.tsx";
import { otherKinds, rowsOfOther } from "./other-kinds.ts";

const LIMIT = 25;
/** Of these jobs no events tell. */
const REFRESH_MS = 2000;

/** Exports, copies or merges of the database, newest first. */
export function OtherJobsPage({ kind }: { readonly kind: OtherKind }) {
  const [offset, setOffset] = useState(0);
  const [state, setState] = useState("");
  const query = { limit: LIMIT, offset, ...(state && { state }) };
  const load = (signal: AbortSignal) => rest.post<OtherJobPage>(`jobs/${kind}/list`, query, signal);
  const { data, error } = useLoaded(load, [kind, offset, state], REFRESH_MS);
  const { title, working, start } = otherKinds[kind];
  const empty = `No ${title.toLowerCase()} here. The command ${start} starts one.`;
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <KindChoice kind={kind} />
        <Field label="State">
          <select value={state} onChange={(event) => [setState(event.currentTarget.value), setOffset(0)]}>
            <option value="">every one</option>
            {["Pending", working, "Completed", "Failed"].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      </form>
      <ErrorNotice error={error} />
      {data && (
        <Table
          caption={title}
          columns={columnsOf(kind)}
          rows={data.records}
          keyOf={({ jobId }) => jobId}
          {...{ empty }}
        />
      )}
      <Pager what="jobs" limit={LIMIT} count={data?.count ?? 0} {...{ offset, onOffset: setOffset }} />
    </>
  );
}

function columnsOf(kind: OtherKind): readonly TableColumn<OtherJob>[] {
  return [
    { title: "Job", cell: ({ jobId }) => <a href={hrefOf({ page: "job", jobId, kind })}>{jobId}</a> },
    { title: "Collection", cell: ({ collectionName }) => collectionName },
    { title: "State", cell: ({ state, paused }) => <StateBadge state={state} isPaused={paused ?? false} /> },
    {
      title: "Progress",
      cell: (job) => <Progress label={`Progress of job ${job.jobId}`} percent={percentOf(job)} />,
    },
    { title: "Rows", isNumber: true, cell: (job) => countText(rowsOfOther(job, kind)) },
    { title: "Created", cell: ({ createTime }) => <span class="time">{timeText(createTime)}</span> },
    { title: "About", cell: (job) => <span class="about">{job.reason ?? paceText(job)}</span> },
  ];
}
