import { didYouMean, ImportError } from "@sluice/errors";
import { type KeyPath, keyPathText } from "@sluice/values";
import { z } from "zod";
import { knownOptions } from "./known-options.ts";

/** Files and chunks that a document may name; as many as a request. */
const MAX_FILES = 1024;
/** Source: `PATH_MAX` of Linux. */
const MAX_PATH_CHARACTERS = 4096;

const name = z.string().min(1).max(1024);
const scalar = z.union([z.string(), z.number(), z.boolean()], { error: "expected a text, a number, true or false" });
/** Names of the user's: what they lead to, who knows the collection checks. */
const object = (description: string) => z.record(z.string(), z.unknown()).describe(description);

/** An id; text beyond what a double holds. */
const id = z.union([z.int().min(0), z.string().regex(/^\d{1,19}$/)], {
  error: "expected an id, as a whole number or, beyond 2^53, as text",
});

const file = z.strictObject({
  path: z.string().min(1).max(MAX_PATH_CHARACTERS).describe("as in `files`: also a folder or a pattern"),
  type: z
    .enum(["row_based", "column_based"])
    .optional()
    .describe("column_based files of a chunk are one table; by default what the format is"),
  fields_mapping: object("of this file; the one of the request does not count for it").optional(),
  pre_allocated_auto_ids: z
    .strictObject({ begin: id, end: id.describe("exclusive") })
    .optional()
    .describe("automatic keys of the file: row i gets begin + i"),
});

const chunk = z.strictObject({ files: z.array(file).min(1).max(MAX_FILES) });

const externalData = z.strictObject({
  target_collection: name.optional().describe("the collection of the request, once more"),
  chunks: z.array(chunk).min(1).max(MAX_FILES).optional().describe("the files, where the request names none"),
  fields_mapping: object(knownOptions.fields_mapping.description).optional(),
  default_fields: object(knownOptions.default_fields.description).optional(),
});

const internalData = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(MAX_PATH_CHARACTERS)
    .describe("the folder of a milvus-backup, or the data folder of a Milvus 1.x"),
  collections_mapping: z
    .record(z.string(), z.string())
    .optional()
    .describe("collection of the backup, as NAME or DATABASE.NAME, to the collection here; absent: of the same name"),
});

const dataSource = z.strictObject({
  type: z.enum(["minio", "s3", "local", "stage"]),
  address: name.optional().describe("HOST:PORT of the store; a folder below an import root for `local`"),
  bucket_name: name.optional(),
  region: name.optional(),
  path_style: z.boolean().optional().describe("bucket in the path of a URL, not in its host"),
  use_ssl: z.boolean().optional().describe("https"),
  accesskey_id: name.optional(),
  accesskey_secret: name.optional(),
  session_token: z.string().min(1).max(8192).optional(),
});

const structured = {
  data_source: dataSource.optional().describe("where the files lie; absent: where their paths say"),
  external_data: externalData.optional().describe("what is imported"),
  internal_data: internalData.optional().describe("a collection of a milvus-backup or snapshot, instead of files"),
};

const anyObject = z.record(z.string(), z.unknown());

const simple = Object.fromEntries(
  Object.entries(knownOptions).map(([key, { description, isObject }]) => [
    key,
    (isObject ? (isObject === true ? anyObject : z.union([z.string(), anyObject])) : scalar)
      .optional()
      .describe(description),
  ]),
);

const schema = z.strictObject({ ...simple, ...structured });

/** A file, folder or pattern with what is said of it alone. */
export type DocumentFile = z.infer<typeof file>;
/** Files that belong together; column files of a chunk are one table. */
export type DocumentChunk = z.infer<typeof chunk>;
/** A collection of a backup of Milvus. */
export type InternalData = z.infer<typeof internalData>;
/** Where files lie, with credentials, which no record and no message repeats. */
export type DataSourceOptions = z.infer<typeof dataSource>;
/** The parts that have a structure of their own. */
export type StructuredOptions = Pick<z.infer<typeof schema>, keyof typeof structured>;

/** Names of the options that are objects with members of their own. */
export const structuredKeys = Object.keys(structured) as (keyof StructuredOptions)[];

const optionNames: ReadonlySet<string> = new Set(Object.keys(schema.shape));

/** Whether an import has an option of this name. */
export function isImportOption(name: string): boolean {
  return optionNames.has(name);
}

/** The options document as JSON Schema, draft 2020-12. */
export function optionsJsonSchema(): object {
  const title = "Options of an import of Sluice";
  return { ...z.toJSONSchema(schema), title };
}

/**
 * Checks a document, but for members that a format alone knows.
 * @param root what paths in errors begin with
 * @throws {ImportError} `request_invalid` that names the path of the key; it never repeats a value
 */
export function checkDocument(root: string, document: object): StructuredOptions {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue.path as KeyPath;
  if (issue.code !== "unrecognized_keys") throw invalid(`${keyPathText(root, path)}: ${issue.message}`);
  const [key] = issue.keys;
  const keys = keysAt(path);
  throw invalid(
    `${keyPathText(root, [...path, key])} is not known${didYouMean(key, keys)}; known are ${keys.sort().join(", ")}`,
  );
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** Made once, when the first unknown key is met: that takes a millisecond. */
let known: JsonSchema | undefined;

/** Members that the object at `path` may have. */
function keysAt(path: KeyPath): string[] {
  known ??= optionsJsonSchema() as JsonSchema;
  let at: JsonSchema | undefined = known;
  for (const step of path) at = typeof step === "number" ? at?.items : at?.properties?.[step];
  return Object.keys(at?.properties ?? {});
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", reason);
}
