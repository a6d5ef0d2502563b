import type { FileGroupRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { openFiles } from "@sluice/formats";
import { okStatus, type rootCoord } from "@sluice/rpc";
import { jobId } from "@sluice/schema";
import type { JobBook } from "./job-book.ts";
import type { JobSources } from "./job-sources.ts";

/** Of a line, to each side of the place. */
const MAX_SIDE_BYTES = 2048;
const LINE_FEED = 0x0a;
const OF_OTHERS =
  "the file lies in a store that the job has brought credentials for: its lines are shown to who has requested the job, and to administrators";

/** A line in two pieces. */
interface Line {
  readonly before: string;
  readonly after: string;
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** Shows the line of text in which an error of a job lies, out of the file as the job has it. */
export class SourceLines {
  readonly #book: Pick<JobBook, "get">;
  readonly #sources: Pick<JobSources, "of">;
  constructor(book: Pick<JobBook, "get">, sources: Pick<JobSources, "of">) {
    this.#book = book;
    this.#sources = sources;
  }

  /** @throws {ImportError} `path_denied` for a store that somebody else has brought; `request_invalid` for a place that is in no file of the job; `unsupported` for what is no plain text; as `openFiles` */
  async read(request: rootCoord.ReadSourceLineRequest): Promise<rootCoord.ReadSourceLineResponse> {
    const { file: path } = request;
    const job = this.#book.get(jobId(request.jobId))?.job;
    if (!job) throw new ImportError("internal", `import job does not exist, jobID=${request.jobId}`);
    if (job.sources?.length && request.caller !== "" && request.caller !== job.requestedBy)
      throw new ImportError("path_denied", OF_OTHERS, { file: path });
    await using open = await this.#sources.of(job);
    await using opened = await openFiles(open.sources, [recordOf(job.groups, path)]);
    const [file] = opened.files;
    const offset = Number(request.byteOffset);
    if (offset > file.sizeBytes && file.supports.randomAccess)
      throw new ImportError("request_invalid", `the file has ${file.sizeBytes} bytes, and none at ${offset}`, {
        file: path,
      });
    if (!file.supports.randomAccess)
      throw new ImportError("unsupported", "the file is compressed, and lines are shown of plain ones", { file: path });
    const start = Math.max(0, offset - MAX_SIDE_BYTES);
    const bytes = new Uint8Array(offset - start + MAX_SIDE_BYTES);
    const length = await file.readInto(start, bytes);
    return { status: okStatus(), ...lineOf(bytes.subarray(0, length), offset - start, start === 0) };
  }
}

function recordOf(groups: readonly FileGroupRecord[], path: string) {
  const found = groups.flatMap(({ files }) => files).find((file) => file.path === path);
  if (found) return found;
  throw new ImportError("request_invalid", "the job has no such file: name it as its errors do", { file: path });
}

/**
 * The line around a place.
 * @param bytes around the place, which is `at` of them @param isStart they begin where the file does
 * @throws {ImportError} `unsupported` for what is no text
 */
export function lineOf(bytes: Uint8Array, at: number, isStart: boolean): Line {
  const from = at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
  const to = bytes.indexOf(LINE_FEED, at);
  const line = bytes.subarray(from, to < 0 ? bytes.length : to);
  if (line.includes(0)) throw new ImportError("unsupported", "the file is no text there, and has no lines");
  const isCutBefore = from === 0 && !isStart;
  const isCutAfter = to < 0 && bytes.length - at >= MAX_SIDE_BYTES;
  return {
    before: textOf(line.subarray(0, at - from)),
    after: textOf(line.subarray(at - from)),
    isCutBefore,
    isCutAfter,
  };
}

/** Characters that a cut has gone through are left out. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/^\uFFFD+|\uFFFD+$|\r$/g, "");
}
