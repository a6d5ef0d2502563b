import { useState } from "preact/hooks";
import type { Collection, Row } from "../api/types.ts";
import { valueText } from "../format.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { Table } from "../parts/table.tsx";
import { rest } from "../session.ts";
import { queryRequestOf } from "./query-request.ts";

/** Rows that an expression selects. */
export function QueryForm({ collection }: { readonly collection: Collection }) {
  const [filter, setFilter] = useState("");
  const [fields, setFields] = useState("");
  const [limit, setLimit] = useState("20");
  const [rows, setRows] = useState<readonly Row[]>();
  const [error, setError] = useState<Error>();
  const run = async () => {
    const request = queryRequestOf(collection.collectionName, { filter, fields, limit });
    setRows(await rest.post<readonly Row[]>("entities/query", request));
    setError(undefined);
  };
  return (
    <>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          void run().catch(setError);
        }}
      >
        <Field label="Expression" hint='Such as year >= 1980 and title like "B%"; empty: any rows.'>
          <input spellcheck={false} value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </Field>
        <Field label="Fields" hint="Names, with commas; empty: all. count(*) counts.">
          <input spellcheck={false} value={fields} onInput={(event) => setFields(event.currentTarget.value)} />
        </Field>
        <Field label="Limit">
          <input
            type="number"
            min={1}
            max={16384}
            value={limit}
            onInput={(event) => setLimit(event.currentTarget.value)}
          />
        </Field>
        <button type="submit">Query</button>
      </form>
      <ErrorNotice error={error} />
      {rows && <Rows rows={rows} />}
    </>
  );
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ title: name, cell: (row: Row) => valueText(row[name]) }));
  return (
    <Table caption="Rows of the answer" keyOf={(_, index) => index} empty="No row matches." {...{ rows, columns }} />
  );
}
