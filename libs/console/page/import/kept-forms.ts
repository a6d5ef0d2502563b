import { emptyForm, type ImportForm } from "./import-request.ts";

// What was asked for by a dry run is asked for again by its import: kept until the tab is closed, by the dry run's job.
const KEY = "sluice.form.";

export function keepForm(jobId: string, form: ImportForm): void {
  sessionStorage.setItem(`${KEY}${jobId}`, JSON.stringify(form));
}

/** The form that a job was started from; undefined for one that was not started here. */
export function keptForm(jobId: string): ImportForm | undefined {
  const text = sessionStorage.getItem(`${KEY}${jobId}`);
  return text === null ? undefined : { ...emptyForm, ...(JSON.parse(text) as ImportForm) };
}
