import { useState } from "preact/hooks";
import type { ErrorPage, Job, LocatedError } from "../api/types.ts";
import { countText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { ErrorNotice } from "../parts/notice.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { rest } from "../session.ts";
import { OffendingLine } from "./offending-line.tsx";
import { RejectedDownload } from "./rejected-download.tsx";

const PAGE = 20;

/** Rows that a job has left out: where each is, why, and how it stands in its file. */
export function JobErrors({ job }: { readonly job: Job }) {
  const [offset, setOffset] = useState(0);
  const [shown, setShown] = useState<LocatedError>();
  const { jobId, rejectedRows = 0, details } = job;
  const query = { jobId, pageSize: PAGE, currentPage: offset / PAGE + 1 };
  const load = async (signal: AbortSignal) =>
    rejectedRows === 0 ? undefined : rest.post<ErrorPage>("jobs/import/errors", query, signal);
  const { data, error } = useLoaded(load, [jobId, offset, rejectedRows]);
  if (rejectedRows === 0) return null;
  const columns: readonly TableColumn<LocatedError>[] = [
    { title: "File", cell: ({ file = "" }) => <code class="path">{file}</code> },
    { title: "Row", isNumber: true, cell: ({ row }) => (row === undefined ? "" : countText(row)) },
    { title: "Field", cell: ({ field = "" }) => field },
    { title: "Reason", cell: ({ reason }) => <span class="about">{reason}</span> },
    { title: "Line", cell: (one) => one.byteOffset !== undefined && <ShowLine one={one} onShow={setShown} /> },
  ];
  return (
    <section>
      <h2>Rows that were left out</h2>
      <ErrorNotice error={error} />
      {shown && <OffendingLine jobId={jobId} place={shown} />}
      {data && (
        <Table caption="Rejected rows" rows={data.records} keyOf={(_, index) => index} empty="None." {...{ columns }} />
      )}
      <Pager what="rejected rows" limit={PAGE} count={data?.count ?? 0} {...{ offset, onOffset: setOffset }} />
      {details.map((file, index) => (
        <RejectedDownload key={index} jobId={jobId} index={index} file={file} />
      ))}
    </section>
  );
}

interface ShowLineProps {
  readonly one: LocatedError;
  readonly onShow: (one: LocatedError) => void;
}

function ShowLine({ one, onShow }: ShowLineProps) {
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Show the line of row ${one.row ?? "?"}`}
      onClick={() => onShow(one)}
    >
      Show
    </button>
  );
}
