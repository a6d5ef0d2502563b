import { useState } from "preact/hooks";
import type { Inspection } from "../api/types.ts";
import { ErrorNotice, Notice } from "../parts/notice.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { ImportFields } from "./import-fields.tsx";
import { emptyForm, filesOf, type ImportForm, optionsOf, requestOf } from "./import-request.ts";
import { InspectionReport } from "./inspection-report.tsx";
import { keepForm, keptForm } from "./kept-forms.ts";

interface ImportPageProps {
  /** Empty: none is meant yet. */
  readonly collection: string;
  /** The dry run whose files are imported now; empty: none. */
  readonly asJob: string;
}

/** Starts an import: what files hold, whether they would go in, and then the import itself. */
export function ImportPage({ collection, asJob }: ImportPageProps) {
  const [form, setForm] = useState<ImportForm>(keptForm(asJob) ?? { ...emptyForm, collectionName: collection });
  const [inspections, setInspections] = useState<readonly Inspection[]>();
  const [error, setError] = useState<Error>();
  const [doing, setDoing] = useState("");
  const run = async (what: string, work: () => Promise<void>) => {
    setDoing(what);
    setError(undefined);
    await work().catch(setError);
    setDoing("");
  };
  const inspect = async () => setInspections(await inspected(form));
  const isReady = filesOf(form).length > 0;
  return (
    <>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void run("Checking", () => start(form, true));
        }}
      >
        <ImportFields form={form} onChange={(changed) => setForm({ ...form, ...changed })} />
        <div class="buttons">
          <button type="button" disabled={!isReady} onClick={() => void run("Looking into the files", inspect)}>
            Inspect the files
          </button>
          <button type="submit" class="primary" disabled={!isReady || form.collectionName === ""}>
            Dry run
          </button>
          <button
            type="button"
            disabled={!isReady || form.collectionName === ""}
            onClick={() => void run("Starting the import", () => start(form, false))}
          >
            Import
          </button>
        </div>
        <p class="hint">A dry run reads and checks every row, and writes nothing. Its job leads back here.</p>
      </form>
      <div aria-live="polite">{doing && <Notice kind="info">{doing}…</Notice>}</div>
      <ErrorNotice error={error} />
      {inspections?.map((inspection) => (
        <InspectionReport
          key={inspection.paths.join(" ")}
          inspection={inspection}
          onCreated={(collectionName) => setForm({ ...form, collectionName })}
        />
      ))}
    </>
  );
}

async function inspected(form: ImportForm): Promise<readonly Inspection[]> {
  const { on_error: _, on_duplicate: __, auto_commit: ___, ...options } = optionsOf(form, false);
  const { files } = await rest.post<{ files: readonly Inspection[] }>("jobs/import/inspect", {
    files: filesOf(form),
    options,
  });
  return files;
}

/** Shows the job that is started. */
async function start(form: ImportForm, isDryRun: boolean): Promise<void> {
  const { jobId } = await rest.post<{ jobId: string }>("jobs/import/create", requestOf(form, isDryRun));
  if (isDryRun) keepForm(jobId, form);
  location.hash = hrefOf({ page: "job", jobId });
}
