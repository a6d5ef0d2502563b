import type { CredentialsKey } from "@sluice/cluster";
import { ImportError } from "@sluice/errors";
import type { importing } from "@sluice/rpc";

/** The credentials of an attempt, as JSON. @throws {ImportError} `job_failed` for sealed ones that this node cannot open */
export function secretsOf(order: importing.TaskOrder, key: CredentialsKey | undefined): string {
  const { jobId, taskId, attempt, secrets, sealedSecrets } = order;
  if (sealedSecrets === "") return secrets;
  const opened = key?.open(sealedSecrets, `${jobId}/${taskId}/${attempt}`);
  if (opened !== undefined) return opened;
  const why = key ? "its own is another one" : "it has none";
  const reason = `the credentials of the job are sealed with the rootcoord's credentials-key or internal-secret, and the datanode cannot open them: ${why}; give both the same setting`;
  throw new ImportError("job_failed", reason);
}
