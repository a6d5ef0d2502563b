import { expect, it } from "@jest/globals";
import { asImportError, ImportError, StatusError, unexpectedReason } from "@sluice/errors";

it("one error has one reference, another has another", () => {
  const [one, other] = [new TypeError("x is not a function"), new TypeError("x is not a function")];
  expect(unexpectedReason(one)).toBe(unexpectedReason(one));
  expect(unexpectedReason(one)).not.toBe(unexpectedReason(other));
});

it("only errors of ours are shown in their words", () => {
  const ours = new ImportError("value_invalid", "expected an integer");
  expect(asImportError(ours)).toBe(ours);
  expect(asImportError(new StatusError(100, "no such collection")).reason).toBe("no such collection");
  const defect = new TypeError("Cannot read properties of undefined (reading 'map')");
  const { code, reason, cause } = asImportError(defect);
  expect({ code, reason, cause }).toEqual({ code: "internal", reason: unexpectedReason(defect), cause: defect });
});
