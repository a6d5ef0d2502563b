import { createHash } from "node:crypto";
import { excerpt, ImportError, StatusError } from "@sluice/errors";
import { formatOptionKeys } from "@sluice/formats";
import {
  type MergeRules,
  mergeCodes,
  type OnDuplicateKey,
  type OnUnmatchedFileRow,
  parseImportOptions,
} from "@sluice/jobs";
import { type rootCoord, schema as wire } from "@sluice/rpc";

const onDuplicateKeys: readonly OnDuplicateKey[] = ["error", "first", "last"];
const onUnmatchedFileRows: readonly OnUnmatchedFileRow[] = ["ignore", "report", "error"];

/** @throws {StatusError} 63262 without a field to match by; {ImportError} `request_invalid` */
export function parseMergeRules(request: rootCoord.MergeRequest): MergeRules {
  const { mergeField, fileGroups, minMatchRatio } = request;
  if (fileGroups.length > 0 && mergeField === "")
    throw new StatusError(
      mergeCodes.mergeFieldMissing,
      "mergeField (--by) is missing: the field by which rows are matched",
    );
  if (!(minMatchRatio >= 0 && minMatchRatio <= 1))
    throw new ImportError("request_invalid", `minMatchRatio must be from 0 to 1, found ${minMatchRatio}`);
  return {
    mergeField: fileGroups.length > 0 ? mergeField : "",
    onDuplicateKey: oneOf("onDuplicateKey", request.onDuplicateKey, onDuplicateKeys),
    onUnmatchedFileRow: oneOf("onUnmatchedFileRow", request.onUnmatchedFileRow, onUnmatchedFileRows),
    minMatchRatio,
  };
}

/** The first one unless given. */
function oneOf<T extends string>(name: string, text: string, words: readonly T[]): T {
  const word = text === "" ? words[0] : words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new ImportError("request_invalid", `${name} must be one of ${words.join(", ")}, found "${excerpt(text)}"`);
}

/**
 * What is equal of requests that ask for the same: credentials may be others.
 * @throws {ImportError} `request_invalid` for options that are none
 */
export function mergeDigest({ idempotencyKey: _, options, newFields, ...request }: rootCoord.MergeRequest): string {
  const fields = newFields.map((field) => Buffer.from(wire.FieldSchema.encode(field).finish()).toString("base64"));
  const { asked } = parseImportOptions(options, formatOptionKeys);
  return createHash("sha256")
    .update(JSON.stringify(["merge", request, fields, asked]))
    .digest("base64url");
}
