import { StatusError, statusCodes } from "@sluice/errors";
import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCResourceExhastedError,
  GRPCUnavailableError,
  GRPCUnknownError,
} from "etcd3";

/** Whether the same call may succeed a moment later: no server, no leader, no answer in time. */
export function isTransient(error: unknown): boolean {
  if (error instanceof GRPCUnavailableError || error instanceof GRPCDeadlineExceededError) return true;
  if (error instanceof GRPCCancelledError || error instanceof EtcdInvalidAuthTokenError) return true;
  return /leader changed|no leader|timed out|timeout|too many requests/i.test(textOf(error));
}

/** Whether a lease was not there any more; also of an error that `etcdError` made. */
export function isLeaseGone(error: unknown): boolean {
  const cause = error instanceof StatusError ? error.cause : error;
  return /requested lease not found/i.test(textOf(cause));
}

/** An error of etcd in words that an operator can act on. Credentials never stand in it. */
export function etcdError(error: unknown, doing: string, endpoints: readonly string[]): Error {
  if (error instanceof StatusError) return error;
  const where = `etcd at ${endpoints.join(", ")}`;
  const reason = `cannot ${doing}: ${explain(error, where)}`;
  return new StatusError(statusCodes.notReady, `service not ready: ${reason}`, { cause: error });
}

function explain(error: unknown, where: string): string {
  const text = textOf(error);
  if (error instanceof EtcdAuthenticationFailedError || /authentication failed/i.test(text))
    return `${where} refuses user and password (settings etcd-user, etcd-password)`;
  if (/user name is empty/i.test(text)) return `${where} asks for a user (settings etcd-user, etcd-password)`;
  if (error instanceof EtcdPermissionDeniedError || /permission denied/i.test(text))
    return `${where} does not let this user use the prefix (setting etcd-prefix)`;
  if (/certificate|TLS|SSL|self.signed/i.test(text))
    return `${where}: TLS failed (settings etcd-ca, etcd-cert, etcd-key): ${text}`;
  if (error instanceof GRPCDeadlineExceededError) return `${where} does not answer`;
  if (error instanceof GRPCUnavailableError) return `${where} cannot be reached: ${text}`;
  if (/database space exceeded/i.test(text))
    return `${where} is full: compact and defragment it, then disarm its alarm`;
  if (error instanceof GRPCResourceExhastedError || error instanceof GRPCUnknownError) return `${where}: ${text}`;
  return text;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
