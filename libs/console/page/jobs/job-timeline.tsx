import type { Job } from "../api/types.ts";
import { tookText } from "./job-texts.ts";
import { type TimelineRow, timelineOf } from "./timeline.ts";

/** Rows beyond are in the table of files. */
const MAX_ROWS = 50;
const ROW = 20;

/** When its files were worked on, side by side. */
export function JobTimeline({ job }: { readonly job: Job }) {
  const rows = timelineOf(job, Date.now()).slice(0, MAX_ROWS);
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>Timeline</h2>
      <ol class="timeline">
        {rows.map((row, index) => (
          <Row key={index} row={row} />
        ))}
      </ol>
      <p class="axis">
        <span>created</span>
        <span>{tookText(job, Date.now())}</span>
      </p>
    </section>
  );
}

function Row({ row }: { readonly row: TimelineRow }) {
  return (
    <li>
      <code title={row.name}>{row.name}</code>
      <svg
        viewBox={`0 0 1000 ${ROW}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={row.bars.map(({ text }) => text).join("; ")}
      >
        {row.bars.map(({ kind, start, width, text }, index) => (
          <rect
            key={index}
            class={kind}
            x={start}
            width={width}
            y={kind === "file" ? 4 : 8}
            height={kind === "file" ? 12 : 4}
          >
            <title>{text}</title>
          </rect>
        ))}
      </svg>
    </li>
  );
}
