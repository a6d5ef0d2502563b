import type { JobKind } from "../api/types.ts";
import { Field } from "../parts/field.tsx";
import { hrefOf } from "../route.ts";
import { isOtherKind, kindTitles } from "./other-kinds.ts";

/** Which kind of jobs is listed; each has a list of its own. */
export function KindChoice({ kind }: { readonly kind: JobKind }) {
  const goTo = (chosen: string) => {
    location.hash = hrefOf({ page: "jobs", ...(isOtherKind(chosen) && { kind: chosen }) });
  };
  return (
    <Field label="Kind">
      <select value={kind} onChange={(event) => goTo(event.currentTarget.value)}>
        {kindTitles.map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </Field>
  );
}
