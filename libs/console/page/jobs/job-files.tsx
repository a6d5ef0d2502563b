import type { EndedAttempt, JobFile } from "../api/types.ts";
import { bytesText, durationText, timeText } from "../format.ts";
import { Progress } from "../parts/progress.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { fileText, leftOutText, rowsText } from "./job-texts.ts";

const columns: readonly TableColumn<JobFile>[] = [
  { title: "File", cell: (file) => <code class="path">{fileText(file)}</code> },
  { title: "State", cell: ({ state }) => <StateBadge state={state} /> },
  {
    title: "Progress",
    cell: (file) => <Progress label={`Progress of ${fileText(file)}`} percent={file.progress} />,
  },
  { title: "Size", isNumber: true, cell: ({ fileSize }) => bytesText(fileSize) },
  { title: "Rows", isNumber: true, cell: rowsText },
  { title: "Left out", cell: leftOutText },
  { title: "Datanodes", cell: ({ datanodes = [] }) => datanodes.join(", ") },
  { title: "About", cell: ({ reason, warnings = [] }) => <span class="about">{[reason, ...warnings].join(" ")}</span> },
];

type FailedAttempt = EndedAttempt & { readonly fileName: string };

const attemptColumns: readonly TableColumn<FailedAttempt>[] = [
  { title: "File", cell: (file) => <code class="path">{fileText(file)}</code> },
  { title: "Attempt", isNumber: true, cell: ({ attempt }) => attempt },
  { title: "Datanode", cell: ({ datanode }) => datanode },
  { title: "Begun", cell: ({ startTime }) => timeText(startTime) },
  {
    title: "Took",
    isNumber: true,
    cell: (attempt) => durationText(Date.parse(attempt.endTime) - Date.parse(attempt.startTime)),
  },
  { title: "Ended because", cell: ({ cause }) => <span class="about">{cause}</span> },
];

/** The files of a job, or sets of column files, and the attempts at them that made nothing. */
export function JobFiles({ files }: { readonly files: readonly JobFile[] }) {
  const attempts = files.flatMap(({ fileName, attempts = [] }) =>
    attempts.map((attempt) => ({ fileName, ...attempt })),
  );
  const keyOf = (_: unknown, index: number) => index;
  return (
    <section>
      <h2>Files</h2>
      <Table caption="Files of the job" rows={files} empty="Its files are being looked for." {...{ columns, keyOf }} />
      {attempts.length > 0 && (
        <>
          <h2>Attempts that made nothing</h2>
          <Table caption="Ended attempts" columns={attemptColumns} rows={attempts} empty="" keyOf={keyOf} />
        </>
      )}
    </section>
  );
}
