import { excerpt, ImportError } from "@sluice/errors";
import { keyPathText, parseStrictJson } from "@sluice/values";
import { type ImportSpec, type OptionList, parseImportSpec } from "../import-spec.ts";
import { knownOption, optionName } from "./known-options.ts";
import {
  checkDocument,
  type DataSourceOptions,
  type DocumentChunk,
  type InternalData,
  type StructuredOptions,
  structuredKeys,
} from "./options-document.ts";

/** What the options of a request come to. */
export interface ImportOptions {
  readonly spec: ImportSpec;
  /** Files that the options name; none where the request does. */
  readonly chunks: readonly DocumentChunk[];
  readonly targetCollection?: string;
  /** With credentials, so it goes into no record, log or answer. */
  readonly dataSource?: DataSourceOptions;
  /** Who is told of the job's end; as it was sent, since it may hold what lets a message in. */
  readonly webhook?: string;
  /** The collection of a backup whose rows are imported, instead of files. */
  readonly internalData?: InternalData;
  /** All that was asked, without credentials: what a repeated request is compared with. */
  readonly asked: OptionList;
}

/** The key whose value is the whole document. */
const DOCUMENT = "options";

const MAX_OPTIONS = 64;
const MAX_KEY_CHARACTERS = 256;
const MAX_TEXT_CHARACTERS = 4096;
/** Of an object, which a job's record keeps. */
const MAX_OBJECT_CHARACTERS = 1 << 16;
/** Of what may name a thousand files. */
const MAX_DOCUMENT_CHARACTERS = 1 << 20;
/** What is shown in the place of a credential. */
const REDACTED = "***";

/**
 * Options as clients send them: a text each, or, as the value of `options`, one JSON object whose members they are. Options that
 * stand by themselves and nobody knows are named in a warning, since Milvus ignores them; in the document they are refused.
 * @param formatKeys options that are passed on to the formats
 * @throws {ImportError} `request_invalid` with the path of the key, or in Milvus's words; `unsupported`. None repeats a credential
 */
export function parseImportOptions(options: OptionList, formatKeys: ReadonlySet<string> = new Set()): ImportOptions {
  checkSizes(options);
  const values = valuesByName(options);
  const document = documentOf(values);
  const structured = checkDocument(DOCUMENT, withoutKeys(document, formatKeys));
  for (const [key, value] of Object.entries(document)) if (!isStructured(key)) values.set(key, textOf(key, value));
  const external = checkedExternal(structured);
  if (external) addExternal(values, external, document.external_data);
  const asked = [...values].map(([key, value]) => ({ key, value }));
  const shown = [...asked, ...shownParts(document)];
  const spec = parseImportSpec(structured.internal_data ? asBackup(asked) : asked, formatKeys);
  const { target_collection: targetCollection, chunks = [] } = external ?? {};
  return {
    spec: { ...spec, options: shown.map(({ key, value }) => [key, shownText(key, value)] as const) },
    chunks,
    ...(targetCollection !== undefined && { targetCollection }),
    ...(values.get("webhook") && { webhook: values.get("webhook") }),
    ...(structured.data_source && { dataSource: structured.data_source }),
    ...(structured.internal_data && { internalData: structured.internal_data }),
    asked: shown,
  };
}

function valuesByName(options: OptionList): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key: given, value } of options) {
    const key = optionName(given);
    if (values.has(key)) throw invalid(`duplicate option key '${excerpt(key)}'`);
    values.set(key, value);
  }
  return values;
}

/** What stands in `external_data` and is an option by itself elsewhere. @param sent the same, as it was sent */
function addExternal(
  values: Map<string, string>,
  external: NonNullable<StructuredOptions["external_data"]>,
  sent: unknown,
): void {
  for (const key of ["fields_mapping", "default_fields"] as const) {
    if (external[key] === undefined) continue;
    if (values.has(key)) throw invalid(`${keyPathText(DOCUMENT, ["external_data", key])} is given twice`);
    values.set(key, textOf(key, memberOf(sent, key)));
  }
}

/** Data that Milvus exported are segments, whatever is said besides. */
function asBackup(asked: OptionList): OptionList {
  return [...asked.filter(({ key }) => key !== "backup"), { key: "backup", value: "true" }];
}

/** Takes what is JSON out of the options: the members of the document, and the parts that stand beside it. */
function documentOf(values: Map<string, string>): Record<string, unknown> {
  const document = take(values, DOCUMENT) ?? {};
  for (const key of Object.keys(document))
    if (values.has(key))
      throw invalid(`${keyPathText(DOCUMENT, [key])} is given twice, here and as an option of its own`);
  for (const key of structuredKeys) {
    const part = take(values, key);
    if (part) document[key] = part;
  }
  return document;
}

/** An empty text is as if it were absent. */
function take(values: Map<string, string>, key: string): Record<string, unknown> | undefined {
  const text = values.get(key);
  values.delete(key);
  if (text === undefined || text === "") return undefined;
  const where = key === DOCUMENT ? DOCUMENT : `${DOCUMENT}.${key}`;
  const value = parseStrictJson(where, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${where} must be a JSON object`);
}

const isStructured = (key: string) => (structuredKeys as readonly string[]).includes(key);

/** What only a format knows is its own to check. */
function withoutKeys(document: object, formatKeys: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(document).filter(([key]) => knownOption(key) || !formatKeys.has(key)));
}

function textOf(key: string, value: unknown): string {
  if (typeof value !== "object") return String(value);
  const text = JSON.stringify(value);
  if (text.length > MAX_OBJECT_CHARACTERS) throw tooLong(key, text, MAX_OBJECT_CHARACTERS);
  return text;
}

function memberOf(object: unknown, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}

/** @throws {ImportError} for parts that contradict each other */
function checkedExternal({ external_data: external, internal_data: internal }: StructuredOptions) {
  if (internal && external) throw invalid("options.external_data and options.internal_data: give one of them");
  return external;
}

/** The parts as they may be seen. */
function shownParts(document: Readonly<Record<string, unknown>>): { key: string; value: string }[] {
  return structuredKeys
    .filter((key) => document[key] !== undefined)
    .map((key) => ({ key, value: JSON.stringify(key === "data_source" ? redacted(document[key]) : document[key]) }));
}

/** A data source without its credentials. */
function redacted(dataSource: unknown): object {
  const secrets = ["accesskey_id", "accesskey_secret", "session_token"];
  const members = Object.entries(dataSource as object);
  return Object.fromEntries(members.map(([key, value]) => [key, secrets.includes(key) ? REDACTED : value]));
}

function shownText(key: string, value: string): string {
  return knownOption(key)?.isSecret ? REDACTED : excerpt(value, MAX_TEXT_CHARACTERS);
}

function checkSizes(options: OptionList): void {
  if (options.length > MAX_OPTIONS) throw invalid(`${options.length} options are more than ${MAX_OPTIONS}`);
  for (const { key, value } of options) {
    if (key.length > MAX_KEY_CHARACTERS)
      throw invalid(`option key '${excerpt(key)}' has ${key.length} characters, more than ${MAX_KEY_CHARACTERS}`);
    const most = maxCharacters(key);
    if (value.length > most) throw tooLong(key, value, most);
  }
}

function maxCharacters(key: string): number {
  if (key === DOCUMENT || isStructured(key)) return MAX_DOCUMENT_CHARACTERS;
  return knownOption(key)?.isObject ? MAX_OBJECT_CHARACTERS : MAX_TEXT_CHARACTERS;
}

function tooLong(key: string, { length }: string, most: number): ImportError {
  return invalid(`option '${excerpt(key)}' has ${length} characters, more than ${most}`);
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", reason);
}
