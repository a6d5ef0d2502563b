import { useLoaded } from "../hooks.ts";
import { Field } from "../parts/field.tsx";
import { rest } from "../session.ts";
import type { ImportForm } from "./import-request.ts";

interface ImportFieldsProps {
  readonly form: ImportForm;
  readonly onChange: (changed: Partial<ImportForm>) => void;
}

/** What an import is asked with: the files and where they go, and what else may be said. */
export function ImportFields({ form, onChange }: ImportFieldsProps) {
  const { data: collections = [] } = useLoaded((signal) => rest.post<string[]>("collections/list", {}, signal), []);
  return (
    <>
      <Field
        label="Files"
        hint="Paths of the server, a line each: files, folders, archives or patterns such as data/*.parquet."
      >
        <textarea
          rows={3}
          required
          spellcheck={false}
          value={form.files}
          onInput={(event) => onChange({ files: event.currentTarget.value })}
        />
      </Field>
      <Check
        label="They are columns of one table"
        isSet={form.isOneTable}
        onSet={(isOneTable) => onChange({ isOneTable })}
      />
      <div class="columns">
        <Field label="Collection">
          <input
            list="collections"
            required
            value={form.collectionName}
            onInput={(event) => onChange({ collectionName: event.currentTarget.value })}
          />
        </Field>
        <Field label="Partition (optional)">
          <input
            value={form.partitionName}
            onInput={(event) => onChange({ partitionName: event.currentTarget.value })}
          />
        </Field>
      </div>
      <datalist id="collections">
        {collections.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <MoreFields form={form} onChange={onChange} />
    </>
  );
}

function MoreFields({ form, onChange }: ImportFieldsProps) {
  return (
    <details>
      <summary>Options</summary>
      <div class="columns">
        <Field label="Rows that cannot be imported">
          <select value={form.onError} onChange={(event) => onChange({ onError: event.currentTarget.value })}>
            <option value="abort">fail the job</option>
            <option value="skip">are left out</option>
          </select>
        </Field>
        <Field label="Rows of one primary key">
          <select value={form.onDuplicate} onChange={(event) => onChange({ onDuplicate: event.currentTarget.value })}>
            <option value="keep">are all imported</option>
            <option value="first">the first is imported</option>
            <option value="last">the last is imported</option>
            <option value="error">fail the job</option>
          </select>
        </Field>
        <Field label="Where they come from (optional)" hint="A preset, such as pinecone, qdrant or elasticsearch.">
          <input value={form.preset} onInput={(event) => onChange({ preset: event.currentTarget.value })} />
        </Field>
      </div>
      <Check
        label="Hold the rows back until they are committed"
        isSet={form.isHeldBack}
        onSet={(isHeldBack) => onChange({ isHeldBack })}
      />
      <Field label="Other options" hint="key=value, a line each.">
        <textarea
          rows={2}
          spellcheck={false}
          value={form.options}
          onInput={(event) => onChange({ options: event.currentTarget.value })}
        />
      </Field>
    </details>
  );
}

interface CheckProps {
  readonly label: string;
  readonly isSet: boolean;
  readonly onSet: (isSet: boolean) => void;
}

function Check({ label, isSet, onSet }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={isSet} onChange={(event) => onSet(event.currentTarget.checked)} /> {label}
    </label>
  );
}
