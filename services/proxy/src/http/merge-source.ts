import { StatusError } from "@sluice/errors";
import { mergeCodes } from "@sluice/jobs";
import { z } from "zod";
import { nameOf, names } from "../volumes/volume-requests.ts";
import { restCodes } from "./rest-codes.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

/** Where the files of a merge lie, as Zilliz Cloud says it; `oss` is what it says in China. */
export const mergeSourceBody = z.object({
  type: z.enum(["volume", "stage", "s3", "oss"]),
  ...names,
  dataPath: text,
  credential: z.object({ accessKey: text, secretKey: text, sessionToken: text }).nullish(),
});

type MergeSource = z.infer<typeof mergeSourceBody>;

/** What a merge reads: files as an import names them, and with which options. */
export interface MergeFiles {
  readonly fileGroups: { paths: string[] }[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** @throws {StatusError} 1802, 63270 */
export function mergeFiles({
  dataSource,
  files,
}: {
  readonly dataSource?: MergeSource | null | undefined;
  readonly files?: string[][] | null | undefined;
}): MergeFiles {
  if (dataSource && files?.length) throw new StatusError(mergeCodes.noFiles, "dataSource and files: give one of them");
  if (!dataSource) return { fileGroups: (files ?? []).map((paths) => ({ paths })), options: {} };
  if (!dataSource.dataPath)
    throw new StatusError(
      restCodes.missingParameter,
      "missing required parameters, error: dataSource.dataPath is required",
    );
  return dataSource.type === "s3" || dataSource.type === "oss"
    ? bucketFiles(dataSource, dataSource.dataPath)
    : volumeFiles(dataSource, dataSource.dataPath);
}

function volumeFiles(source: MergeSource, dataPath: string): MergeFiles {
  const name = nameOf(source);
  if (name === "")
    throw new StatusError(
      restCodes.missingParameter,
      "missing required parameters, error: dataSource.volumeName is required",
    );
  return { fileGroups: [{ paths: [`volume://${name}/${dataPath.replace(/^\/+/, "")}`] }], options: {} };
}

/** Without credentials it is a bucket that the server has. */
function bucketFiles({ credential }: MergeSource, dataPath: string): MergeFiles {
  const [, bucket, key] = /^(?:s3|oss):\/\/([^/]+)\/(.+)$/.exec(dataPath) ?? [];
  if (bucket === undefined)
    throw new StatusError(
      mergeCodes.noFiles,
      'dataSource.dataPath must be s3://BUCKET/KEY, a file or a folder that ends in "/"',
    );
  if (!credential?.accessKey) return { fileGroups: [{ paths: [`s3://${bucket}/${key}`] }], options: {} };
  const { accessKey, secretKey, sessionToken } = credential;
  const keys = { accesskey_id: accessKey, accesskey_secret: secretKey, session_token: sessionToken };
  return { fileGroups: [{ paths: [key] }], options: { data_source: { type: "s3", bucket_name: bucket, ...keys } } };
}
