import { NobodyAnswersError, StatusError, statusCodes } from "@sluice/errors";
import { type CallSettings, READER_ABSENT_MS, type rootCoord } from "@sluice/rpc";
import type { CallContext } from "../call-context.ts";

/** A read may take long; the client's own deadline counts. */
const READ_DEADLINE_MS = 300_000;
/** Of the client's time, what is left for telling it that there is none. */
const TELLING_SHARE = 0.1;

/**
 * Asks a querynode for what a client reads. While none lives it waits for one: until shortly before the client's deadline, for 20 s at most.
 * @throws {StatusError} 503, in Milvus's words, when none has come
 */
export async function read<T>(
  what: "query" | "search",
  { vchannels }: Pick<rootCoord.ResolveCollectionResponse, "vchannels">,
  { signal, endsAtMs }: Pick<CallContext, "signal" | "endsAtMs">,
  ask: (settings: CallSettings) => Promise<T>,
): Promise<T> {
  const leftMs = endsAtMs - performance.now();
  const absentMs = Math.max(0, Math.min(READER_ABSENT_MS, leftMs * (1 - TELLING_SHARE)));
  try {
    return await ask({ deadlineMs: READ_DEADLINE_MS, absentMs, signal });
  } catch (error) {
    throw error instanceof NobodyAnswersError ? noReader(what, vchannels[0], error) : error;
  }
}

function noReader(what: string, channel: string | undefined, cause: Error): StatusError {
  const reason = `failed to ${what}: no available shard leaders: channel not available[channel=${channel}]`;
  const hint = "no querynode lives: start one, or try again once it has come";
  return new StatusError(statusCodes.channelNotAvailable, `${reason}: ${hint}`, { cause });
}
