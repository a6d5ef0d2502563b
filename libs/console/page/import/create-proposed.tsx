import { useState } from "preact/hooks";
import type { ProposedSchema } from "../api/types.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNotice, Notice } from "../parts/notice.tsx";
import { rest } from "../session.ts";
import { createRequestOf } from "./collection-request.ts";

interface CreateProposedProps {
  readonly schema: ProposedSchema;
  readonly onCreated: (collectionName: string) => void;
}

/** Makes the proposed collection, with its indexes, under a name. */
export function CreateProposed({ schema, onCreated }: CreateProposedProps) {
  const [name, setName] = useState("");
  const [error, setError] = useState<Error>();
  const [created, setCreated] = useState("");
  const create = async () => {
    await rest.post("collections/create", createRequestOf(name, schema));
    setCreated(name);
    setError(undefined);
    onCreated(name);
  };
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        void create().catch(setError);
      }}
    >
      <Field label="Name of the new collection">
        <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      <button type="submit">Create it</button>
      <ErrorNotice error={error} />
      {created && <Notice kind="done">The collection {created} is there, and stands in the form above.</Notice>}
    </form>
  );
}
