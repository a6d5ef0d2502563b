import { useState } from "preact/hooks";
import { countText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";

/** Each row asks for its figures. */
const PAGE = 20;

const columns: readonly TableColumn<string>[] = [
  { title: "Collection", cell: (name) => <a href={hrefOf({ page: "collection", name })}>{name}</a> },
  { title: "Rows", isNumber: true, cell: (name) => <RowCount key={name} name={name} /> },
];

/** Collections of the database. */
export function CollectionsPage() {
  const [part, setPart] = useState("");
  const [offset, setOffset] = useState(0);
  const { data, error } = useLoaded((signal) => rest.post<string[]>("collections/list", {}, signal), []);
  const names = (data ?? []).filter((name) => name.toLowerCase().includes(part.toLowerCase())).sort();
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Field label="Name contains">
          <input value={part} onInput={(event) => [setPart(event.currentTarget.value), setOffset(0)]} />
        </Field>
      </form>
      <ErrorNotice error={error} />
      {data && (
        <Table
          caption="Collections"
          rows={names.slice(offset, offset + PAGE)}
          keyOf={(name) => name}
          empty="No collections here. Inspecting a file on the page Import proposes one."
          {...{ columns }}
        />
      )}
      <Pager what="collections" limit={PAGE} count={names.length} {...{ offset, onOffset: setOffset }} />
    </>
  );
}

function RowCount({ name }: { readonly name: string }) {
  const load = (signal: AbortSignal) =>
    rest.post<{ rowCount: number }>("collections/get_stats", { collectionName: name }, signal);
  const { data, error } = useLoaded(load, [name]);
  return <>{error ? "not known" : data && countText(data.rowCount)}</>;
}
