import { useState } from "preact/hooks";
import type { JobFile } from "../api/types.ts";
import { ErrorNotice } from "../parts/notice.tsx";
import { rest } from "../session.ts";
import { fileText } from "./job-texts.ts";

interface RejectedDownloadProps {
  readonly jobId: string;
  /** Position in the job's details. */
  readonly index: number;
  readonly file: JobFile;
}

/** The rows of a file that were left out, as they stand in it, to be corrected and imported again. */
export function RejectedDownload({ jobId, index, file }: RejectedDownloadProps) {
  const [error, setError] = useState<Error>();
  if (file.rejectedFiles === undefined) return null;
  const download = () => save(jobId, index).then(() => setError(undefined), setError);
  return (
    <div class="buttons">
      <button type="button" onClick={() => void download()}>
        Save the rows left out of {fileText(file)}
      </button>
      <ErrorNotice error={error} />
    </div>
  );
}

/** All parts, as one file. */
async function save(jobId: string, index: number): Promise<void> {
  const parts: Blob[] = [];
  for (let part = 0, count = 1; part < count; part++) {
    const answer = await rest.file("jobs/import/rejects", { jobId, file: index, part });
    count = Number(answer.headers.get("x-parts") ?? 1);
    parts.push(await answer.blob());
  }
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(new Blob(parts)),
    download: `rejected-${jobId}-${index}`,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
