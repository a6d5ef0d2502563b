import { S3Refusal } from "@sluice/volumes";
import type { RawCaller, RawRequest, RawService } from "../uploads/raw-service.ts";
import type { AuditLog } from "./audit-log.ts";
import type { CallRates } from "./call-rates.ts";

/** Whom uploads count for, and where they are written down. */
export interface Watch {
  readonly rates: CallRates;
  /** Undefined where nothing is written down. */
  readonly audit?: AuditLog;
}

/** Uploads whose requests count as calls of whoever makes them, and are written down as calls are. */
export function watchedUploads(service: RawService, { rates, audit }: Watch): RawService {
  const answer = async (request: RawRequest) => {
    let about: RawCaller | undefined;
    const identified = (more: RawCaller) => {
      const isFirst = about === undefined;
      about = { ...about, ...more };
      // Credentials that are none count for nobody: whose they are is not known.
      if (isFirst && !rates.admits(about.user || request.address))
        throw new S3Refusal("SlowDown", "request is rejected by limiter: send it again later");
    };
    const note = (code: number) => audit?.note(entryOf(service.name, request, about, code));
    try {
      const given = await service.answer({ ...request, identified });
      note(0);
      return given;
    } catch (error) {
      note(service.refuse(error, request.url, "").status);
      throw error;
    }
  };
  return { ...service, answer };
}

function entryOf(service: string, { method, address }: RawRequest, about: RawCaller = {}, code: number) {
  const outcome = code === 0 ? "done" : code === 401 || code === 403 ? "denied" : "failed";
  const call = `${service}/${method.toLowerCase()}`;
  return { user: about.user ?? "", call, address, ...(about.file && { about: about.file }), outcome, code } as const;
}
