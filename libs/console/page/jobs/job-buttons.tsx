import { useState } from "preact/hooks";
import type { Job } from "../api/types.ts";
import { Confirm } from "../parts/confirm.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { actionsOf, type JobAction } from "./job-actions.ts";

interface JobButtonsProps {
  readonly job: Job;
  /** What was ordered is so. */
  readonly onDone: () => void;
}

/** What can be ordered of a job; each is asked for once more before it is done. */
export function JobButtons({ job, onDone }: JobButtonsProps) {
  const [asked, setAsked] = useState<JobAction>();
  const [error, setError] = useState<Error>();
  const actions = actionsOf(job);
  const answer = async (action: JobAction, isConfirmed: boolean) => {
    setAsked(undefined);
    if (isConfirmed) setError(await errorOf(() => carryOut(job.jobId, action, onDone)));
  };
  return (
    <>
      <ErrorNotice error={error} />
      {actions.length > 0 && (
        <div class="buttons">
          {actions.map((action) => (
            <button
              key={action.order}
              type="button"
              class={action.isHarmful ? "harmful" : ""}
              onClick={() => setAsked(action)}
            >
              {action.title}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <Confirm
          title={`${asked.title} job ${job.jobId}?`}
          {...{ text: asked.question, verb: asked.title, isHarmful: asked.isHarmful }}
          onAnswer={(isConfirmed) => void answer(asked, isConfirmed)}
        />
      )}
    </>
  );
}

/** Shows the new job where one comes of it. */
async function carryOut(jobId: string, { order }: JobAction, onDone: () => void): Promise<void> {
  const made = await rest.post<{ jobId?: string }>(`jobs/import/${order}`, { jobId });
  if (made.jobId === undefined) onDone();
  else location.hash = hrefOf({ page: "job", jobId: made.jobId });
}

async function errorOf(run: () => Promise<void>): Promise<Error | undefined> {
  return run().then(
    () => undefined,
    (error: Error) => error,
  );
}
