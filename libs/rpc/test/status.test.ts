import { describe, expect, it } from "@jest/globals";
import { ImportError, type ImportErrorCode, importErrors, StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, isOk, okStatus, statusOf } from "@sluice/rpc";
import { failStatus, statusOfCall } from "../src/status.ts";

describe("a Status", () => {
  it("of success has both codes 0", () => {
    expect(okStatus()).toMatchObject({ code: 0, errorCode: 0, reason: "" });
    expect(isOk(okStatus())).toBe(true);
  });

  // Source: client contract §1.8.
  it.each<[code: number, legacy: number]>([
    [1, 56],
    [3, 52],
    [7, 54],
    [8, 49],
    [9, 48],
    [10, 1],
    [11, 55],
    [100, 4],
    [101, 1],
    [102, 1],
    [105, 1],
    [109, 62],
    [200, 15],
    [503, 46],
    [600, 47],
    [700, 25],
    [702, 1],
    [800, 1],
    [801, 1],
    [802, 1],
    [1100, 5],
    [1101, 5],
    [1102, 5],
    [1400, 1],
    [1600, 1],
    [1601, 1],
    [1602, 1],
    [2100, 1],
    [2101, 1],
    [65535, 1],
  ])("of failure %d has the legacy code %d", (code, legacy) => {
    expect(failStatus(code, "why")).toMatchObject({ code, errorCode: legacy, reason: "why", detail: "why" });
  });

  it.each(Object.entries(statusCodes))("of %s fails for old clients too", (_name, code) => {
    const status = statusOf(new StatusError(code, "why"));
    expect(status.code).toBe(code);
    expect(status.errorCode).not.toBe(0);
    expect(isOk(status)).toBe(false);
  });

  it.each([
    [1, true],
    [503, true],
    [100, false],
    [1100, false],
  ])("of %d says whether another try may mend it: %s", (code, retriable) => {
    expect(failStatus(code, "why").retriable).toBe(retriable);
  });

  it("of a missing collection has another legacy code in DescribeCollection", () => {
    const missing = failStatus(statusCodes.collectionNotFound, "can't find collection[database=d][collection=c]");
    expect(statusOfCall("DescribeCollection", missing)).toEqual({ ...missing, errorCode: 1 });
    expect(statusOfCall("LoadCollection", missing)).toBe(missing);
    const other = failStatus(statusCodes.databaseNotFound, "database not found[database=d]");
    expect(statusOfCall("DescribeCollection", other)).toBe(other);
  });

  it("of calls about users and roles has the legacy code of the call, unless clients wait for another", () => {
    const why = failStatus(statusCodes.invalidParameter, "why");
    expect(statusOfCall("CreateCredential", why)).toEqual({ ...why, errorCode: 29 });
    expect(statusOfCall("OperatePrivilegeV2", why)).toEqual({ ...why, errorCode: 41 });
    expect(statusOfCall("CreateIndex", why)).toBe(why);
    const later = failStatus(8, "rate limit exceeded");
    expect(statusOfCall("CreateCredential", later)).toBe(later);
  });

  it("of an import error names the place, and whose fault it is", () => {
    const at = { file: "a.jsonl", row: 7, field: "id", byteOffset: 420 };
    const status = statusOf(new ImportError("value_invalid", "expected an integer", at));
    expect(status).toMatchObject({
      code: 2100,
      errorCode: 1,
      reason: 'expected an integer (a.jsonl, row 7, field "id", byte 420)',
      extraInfo: { import_error: "value_invalid", is_input_error: "true" },
    });
    expect(statusOf(new ImportError("internal", "oops")).extraInfo).toEqual({ import_error: "internal" });
  });

  it.each([[new TypeError("Cannot read properties of undefined")], [new RangeError()], ["thrown text"], [undefined]])(
    "of anything else thrown (%p) is unexpected, without the program's words",
    (thrown) => {
      const { code, errorCode, reason } = statusOf(thrown);
      expect([code, errorCode]).toEqual([65535, 1]);
      expect(reason).toMatch(
        /^internal error, reference [0-9a-f]{8}: the server's log has the cause under this reference$/,
      );
    },
  );
});

describe("checkStatus", () => {
  it("passes success", () => expect(checkStatus(okStatus())).toBeUndefined());

  it("throws the StatusError that the other side threw", () => {
    const status = statusOf(new StatusError(statusCodes.indexNotFound, "index not found"));
    expect(thrownBy(() => checkStatus(status))).toEqual(new StatusError(700, "index not found"));
  });

  it.each(Object.keys(importErrors) as ImportErrorCode[])(
    "throws the ImportError that the other side threw: %s",
    (code) => {
      const error = thrownBy(() => checkStatus(statusOf(new ImportError(code, "why", { file: "f" }))));
      expect(error).toBeInstanceOf(ImportError);
      expect(error).toMatchObject({ code, reason: "why (f)" });
    },
  );

  it("takes a Status of old servers, which have only the legacy code", () => {
    const error = thrownBy(() => checkStatus({ ...okStatus(), errorCode: 1, reason: "old" }));
    expect(error).toMatchObject({ code: statusCodes.unexpected, message: "old" });
  });

  it("takes an answer without Status for a failure", () => {
    expect(thrownBy(() => checkStatus(undefined))).toMatchObject({ message: "the answer has no status" });
  });
});

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
