import { useState } from "preact/hooks";
import type { JobKind } from "../api/types.ts";
import { Confirm } from "../parts/confirm.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import type { JobAction } from "./job-actions.ts";

interface JobButtonsProps {
  readonly jobId: string;
  readonly kind: JobKind;
  readonly actions: readonly JobAction[];
  /** What was ordered is so. */
  readonly onDone: () => void;
}

/** What can be ordered of a job; each is asked for once more before it is done. */
export function JobButtons({ jobId, kind, actions, onDone }: JobButtonsProps) {
  const [asked, setAsked] = useState<JobAction>();
  const [error, setError] = useState<Error>();
  const answer = async (action: JobAction, isConfirmed: boolean) => {
    setAsked(undefined);
    if (isConfirmed) setError(await errorOf(() => carryOut({ jobId, kind }, action, onDone)));
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
          title={`${asked.title} job ${jobId}?`}
          {...{ text: asked.question, verb: asked.title, isHarmful: asked.isHarmful }}
          onAnswer={(isConfirmed) => void answer(asked, isConfirmed)}
        />
      )}
    </>
  );
}

type OneJob = Pick<JobButtonsProps, "jobId" | "kind">;

/** Shows the new job where one comes of it. */
async function carryOut({ jobId, kind }: OneJob, { order }: JobAction, onDone: () => void): Promise<void> {
  const made = await rest.post<{ jobId?: string }>(`jobs/${kind}/${order}`, { jobId });
  if (made.jobId === undefined) onDone();
  else location.hash = hrefOf({ page: "job", jobId: made.jobId });
}

async function errorOf(run: () => Promise<void>): Promise<Error | undefined> {
  return run().then(
    () => undefined,
    (error: Error) => error,
  );
}
