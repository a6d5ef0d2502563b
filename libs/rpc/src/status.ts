import {
  formatLocation,
  ImportError,
  type ImportErrorCode,
  importErrors,
  StatusError,
  statusCodes,
  unexpectedReason,
} from "@sluice/errors";
import { Status } from "./gen/common.ts";

/** Legacy error codes by new code; every other failure is 1, UnexpectedError. Source: client contract §1.8. */
const legacyCodes: Readonly<Record<number, number>> = {
  1: 56,
  3: 52,
  7: 54,
  8: 49,
  9: 48,
  11: 55,
  100: 4,
  109: 62,
  200: 15,
  503: 46,
  600: 47,
  700: 25,
  1100: 5,
  1101: 5,
  1102: 5,
};
/** Of what another try may mend, as Milvus marks it. */
const retriableCodes: readonly number[] = [statusCodes.notReady, statusCodes.channelNotAvailable];
const UNEXPECTED_ERROR = 1;
const ILLEGAL_ARGUMENT = 5;

/** Key of `extra_info` that carries an ImportError's code between services and to curious clients. */
const IMPORT_ERROR_KEY = "import_error";

/** All fields zero or empty, as Milvus answers what succeeded. */
export function okStatus(): Status {
  return Status.fromPartial({});
}

/** A failing Status: both codes non-zero and a reason, since some clients read only the one and some only the other. */
export function failStatus(code: number, reason: string, extraInfo: Record<string, string> = {}): Status {
  const errorCode = (legacyCodes[code] ?? UNEXPECTED_ERROR) as Status["errorCode"];
  const retriable = retriableCodes.includes(code);
  return Status.fromPartial({ code, errorCode, reason, detail: reason, extraInfo, retriable });
}

/** The Status of anything thrown. What is no error of ours is `unexpected`, with a reference: a handler never throws. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return failStatus(error.code, error.message);
  if (error instanceof ImportError) {
    const isInputError = error.spec.blame === "input";
    const extra = { [IMPORT_ERROR_KEY]: error.code, ...(isInputError && { is_input_error: "true" }) };
    return failStatus(error.spec.milvusCode, `${error.reason}${formatLocation(error.at)}`, extra);
  }
  return failStatus(statusCodes.unexpected, unexpectedReason(error));
}

/** Legacy codes that calls about users and roles have of their own. Source: around-import §1.2. */
const legacyOfCalls: Readonly<Record<string, number>> = {
  ...{ CreateCredential: 29, UpdateCredential: 30, DeleteCredential: 31, ListCredUsers: 33 },
  ...{ CreateRole: 35, AlterRole: 35, DropRole: 36, OperateUserRole: 37, SelectRole: 38, SelectUser: 39 },
  ...{ OperatePrivilege: 41, OperatePrivilegeV2: 41, SelectGrant: 42 },
  ...{ CreatePrivilegeGroup: 58, DropPrivilegeGroup: 59, ListPrivilegeGroups: 60, OperatePrivilegeGroup: 61 },
};

/**
 * A failure as `method` has it: with the legacy code of that call, where it has one of its own for what has none otherwise.
 * Rule of the client contract: a missing collection in DescribeCollection has legacy code 1, or pymilvus 2.2 breaks.
 */
export function statusOfCall(method: string, status: Status): Status {
  const legacy = (errorCode: number) => ({ ...status, errorCode: errorCode as Status["errorCode"] });
  if (method === "DescribeCollection" && status.code === statusCodes.collectionNotFound)
    return legacy(UNEXPECTED_ERROR);
  const own = legacyOfCalls[method];
  return own !== undefined && [UNEXPECTED_ERROR, ILLEGAL_ARGUMENT].includes(status.errorCode) ? legacy(own) : status;
}

/** The Status of an answer: a member of it, which AlterCollectionSchema calls otherwise than all others, or the answer itself. */
export function statusIn(answer: object): Status {
  const { status, alterStatus } = answer as { status?: Status; alterStatus?: Status };
  return status ?? alterStatus ?? (answer as Status);
}

/** An answer of a method with a Status in it, of which `empty` is the empty one. */
export function withStatus(empty: object, status: Status): object {
  if ("errorCode" in empty) return status;
  return { ...empty, ["alterStatus" in empty ? "alterStatus" : "status"]: status };
}

/** Old servers set the legacy code alone, so both must be 0. No Status at all is not ok. */
export function isOk(status: Status | undefined): boolean {
  return status !== undefined && status.code === 0 && status.errorCode === 0;
}

/** @throws {ImportError} or {StatusError} what the other side refused with */
export function checkStatus(status: Status | undefined): void {
  if (isOk(status)) return;
  const code = status?.extraInfo[IMPORT_ERROR_KEY];
  const reason = status?.reason ?? "the answer has no status";
  if (code !== undefined && code in importErrors) throw new ImportError(code as ImportErrorCode, reason);
  throw new StatusError(status?.code || statusCodes.unexpected, reason);
}
