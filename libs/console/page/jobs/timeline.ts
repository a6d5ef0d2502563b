import type { Job } from "../api/types.ts";
import { fileText } from "./job-texts.ts";

/** A stretch of time of a file, in thousandths of the whole. */
export interface TimelineBar {
  readonly kind: "file" | "attempt";
  readonly start: number;
  readonly width: number;
  /** In words, for who cannot see it. */
  readonly text: string;
}

export interface TimelineRow {
  readonly name: string;
  readonly bars: readonly TimelineBar[];
}

const WHOLE = 1000;
/** What is shorter is shown so wide. */
const LEAST = 4;

/** When what was done to each file that was begun, from the job's creation to its end, or until now. */
export function timelineOf(job: Job, now: number): TimelineRow[] {
  const from = Date.parse(job.createTime);
  const to = Math.max(from + 1, job.completeTime === "" ? now : Date.parse(job.completeTime));
  const bar = (kind: TimelineBar["kind"], start: string, end: string, text: string): TimelineBar => {
    const at = (time: string) => (time === "" ? WHOLE : ((Date.parse(time) - from) / (to - from)) * WHOLE);
    const left = Math.min(WHOLE - LEAST, Math.max(0, at(start)));
    return { kind, start: left, width: Math.max(LEAST, Math.min(WHOLE, at(end)) - left), text };
  };
  return job.details
    .filter(({ startTime }) => startTime !== "")
    .map(({ fileName, startTime, completeTime, state, attempts = [] }) => ({
      name: fileText({ fileName }),
      bars: [
        bar("file", startTime, completeTime, `${fileText({ fileName })}: ${state}`),
        ...attempts.map((one) => bar("attempt", one.startTime, one.endTime, `attempt ${one.attempt}: ${one.cause}`)),
      ],
    }));
}
