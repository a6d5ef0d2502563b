import type { Place, SourceLine } from "../api/types.ts";
import { useLoaded } from "../hooks.ts";
import { rest } from "../session.ts";
import { placeText } from "./place-text.ts";

interface OffendingLineProps {
  readonly jobId: string;
  readonly place: Place;
}

/** The line of the file in which something is wrong, with the place in it marked; where there is none, why. */
export function OffendingLine({ jobId, place }: OffendingLineProps) {
  const { file, byteOffset } = place;
  const load = (signal: AbortSignal) =>
    rest.post<SourceLine>("jobs/import/source_line", { jobId, file, byteOffset }, signal);
  const { data, error } = useLoaded(byteOffset === undefined ? async () => undefined : load, [jobId, file, byteOffset]);
  return (
    <figure class="line">
      <figcaption>{placeText(place)}</figcaption>
      {data && <Marked line={data} />}
      {error && <p class="empty">The line cannot be shown: {error.message}</p>}
    </figure>
  );
}

function Marked({ line: { before, after, isCutBefore, isCutAfter } }: { readonly line: SourceLine }) {
  const [first = " "] = after;
  return (
    <pre>
      {isCutBefore && "…"}
      {before}
      <mark>{first}</mark>
      {after.slice(first.length)}
      {isCutAfter && "…"}
    </pre>
  );
}
