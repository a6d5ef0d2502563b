import { countText } from "../format.ts";

interface PagerProps {
  /** What is paged through, in the plural. */
  readonly what: string;
  readonly offset: number;
  readonly limit: number;
  readonly count: number;
  readonly onOffset: (offset: number) => void;
}

/** Which part of a list is shown, and the ways to the others. */
export function Pager({ what, offset, limit, count, onOffset }: PagerProps) {
  if (count <= limit && offset === 0) return null;
  const last = Math.min(count, offset + limit);
  return (
    <nav class="pager" aria-label={`Pages of ${what}`}>
      <button type="button" disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - limit))}>
        Back
      </button>
      <span>
        {countText(offset + 1)}–{countText(last)} of {countText(count)}
      </span>
      <button type="button" disabled={last >= count} onClick={() => onOffset(offset + limit)}>
        On
      </button>
    </nav>
  );
}
