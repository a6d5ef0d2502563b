import { StatusError, statusCodes } from "@sluice/errors";
import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCUnavailableError,
} from "etcd3";

/** What TLS says of a peer that it refuses, or that refuses us, and what to do about it. Making the call again does not help. */
const tlsRefusals: readonly (readonly [RegExp, string])[] = [
  [
    /unable to (verify|get).*(certificate|issuer)|self.signed/i,
    "its certificate is of an unknown authority (setting etcd-ca)",
  ],
  [/altnames|hostname/i, "its certificate is for another host"],
  [/certificate has expired|certificate is not yet valid/i, "its certificate is not valid now"],
  [
    /alert.*(certificate|unknown ca)|certificate required/i,
    "it refuses our certificate, or wants one (settings etcd-cert, etcd-key)",
  ],
  [
    /PEM|no start line|key values mismatch|ASN1|DECODER/i,
    "certificate or key cannot be read (settings etcd-ca, etcd-cert, etcd-key)",
  ],
];

/** Words of a server between two leaders, of one that was stopped in the middle of a call, and of a connection that broke. */
const transientText =
  /leader changed|no leader|not leader|timed out|timeout|context (deadline exceeded|canceled)|too many requests|RST_STREAM|ECONNRESET|EPIPE|goaway/i;

/** Whether the same call may succeed a moment later: no server, no leader, no answer in time. */
export function isTransient(error: unknown): boolean {
  const text = textOf(error);
  if (error instanceof EtcdAuthenticationFailedError || tlsRefusalIn(text)) return false;
  if (error instanceof GRPCUnavailableError || error instanceof GRPCDeadlineExceededError) return true;
  if (error instanceof GRPCCancelledError || error instanceof EtcdInvalidAuthTokenError) return true;
  return transientText.test(text);
}

/** Whether a lease was not there any more; also of an error that `etcdError` made. */
export function isLeaseGone(error: unknown): boolean {
  const cause = error instanceof StatusError ? error.cause : error;
  return /requested lease not found/i.test(textOf(cause));
}

/** An error of etcd in words that an operator can act on. Credentials never stand in it. */
export function etcdError(error: unknown, doing: string, endpoints: readonly string[]): Error {
  if (error instanceof StatusError) return error;
  const reason = `cannot ${doing}: etcd at ${endpoints.join(", ")} ${explain(error, endpoints)}`;
  return new StatusError(statusCodes.notReady, `service not ready: ${reason}`, { cause: error });
}

function explain(error: unknown, endpoints: readonly string[]): string {
  const text = textOf(error);
  const refusal = tlsRefusalIn(text);
  if (refusal !== undefined) return `cannot be used over TLS: ${refusal}: ${plain(text)}`;
  if (error instanceof EtcdAuthenticationFailedError || /authentication failed/i.test(text))
    return "refuses user and password (settings etcd-user, etcd-password)";
  if (/user name is empty/i.test(text)) return "asks for a user (settings etcd-user, etcd-password)";
  if (/authentication is not enabled/i.test(text)) return "has no users: leave settings etcd-user, etcd-password out";
  if (error instanceof EtcdPermissionDeniedError || /permission denied/i.test(text))
    return "does not let this user use the prefix (setting etcd-prefix)";
  if (error instanceof GRPCDeadlineExceededError) return "does not answer";
  if (error instanceof GRPCUnavailableError) return `cannot be reached: ${plain(text)}${schemeHint(text, endpoints)}`;
  if (/database space exceeded/i.test(text)) return "is full: compact and defragment it, then disarm its alarm";
  return `fails: ${plain(text)}`;
}

/** Where one side speaks TLS and the other does not, connections end without a word, or are reset in the middle of the hello. */
function schemeHint(text: string, endpoints: readonly string[]): string {
  if (/ECONN(?!RESET)|EHOST|ENET|ENOTFOUND|EAI_|name resolution/i.test(text)) return "";
  const [wanted, given] = endpoints[0].startsWith("http://") ? ["with", "https"] : ["without", "http"];
  return ` (one ${wanted} TLS is reached by ${given}:// in setting etcd)`;
}

function tlsRefusalIn(text: string): string | undefined {
  return tlsRefusals.find(([pattern]) => pattern.test(text))?.[1];
}

/** Without what gRPC puts around the words of the system. */
function plain(text: string): string {
  return text
    .replace(/^.*Last error: (Error: )?/s, "")
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/, "")
    .replace(/\s*Resolution note:\s*$/, "")
    .replace(/\.$/, "");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
