import { didYouMean, excerpt, ImportError } from "@sluice/errors";
import { keyPathText, parseStrictJson } from "@sluice/values";
import { parseTarget } from "../plan/field-options.ts";
import type { Preset } from "./preset.ts";
import { presets } from "./presets.ts";

const KEYS = ["description", "extended_json", "fields_mapping"];

/** The preset of a name, or a document that is one. @throws {ImportError} `request_invalid` */
export function presetOf(text: string): Preset {
  if (text.trimStart().startsWith("{")) return checkedPreset(parseStrictJson("options.preset", text));
  const known = presets as Readonly<Record<string, Preset>>;
  if (Object.hasOwn(known, text)) return known[text];
  const names = Object.keys(known).sort();
  throw invalid("", `'${excerpt(text)}' is not known${didYouMean(text, names)}; known are ${names.join(", ")}`);
}

function checkedPreset(value: unknown): Preset {
  const document = value as Record<string, unknown>;
  const other = Object.keys(document).find((key) => !KEYS.includes(key));
  if (other !== undefined) throw invalid(keyPathText("", [other]), `is not known${didYouMean(other, KEYS)}`);
  const { description = "", extended_json = false, fields_mapping } = document;
  if (typeof description !== "string") throw invalid(".description", "must be a text");
  if (typeof extended_json !== "boolean") throw invalid(".extended_json", "must be true or false");
  if (typeof fields_mapping !== "object" || fields_mapping === null || Array.isArray(fields_mapping))
    throw invalid(".fields_mapping", "must be a JSON object");
  for (const [source, target] of Object.entries(fields_mapping)) checkTarget(source, target);
  return { description, extended_json, fields_mapping: fields_mapping as Preset["fields_mapping"] };
}

function checkTarget(source: string, target: unknown): void {
  const { for: type, ...plain } = (typeof target === "object" && target !== null ? target : {}) as { for?: unknown };
  if (type !== undefined && type !== "text" && type !== "integer")
    throw invalid(`.fields_mapping['${excerpt(source)}'].for`, 'must be "text" or "integer"');
  parseTarget(type === undefined ? target : plain, source);
}

function invalid(path: string, reason: string): ImportError {
  return new ImportError(
    "request_invalid",
    `options.preset${path.startsWith(".") || path === "" ? path : `.${path}`}${path === "" ? ":" : ""} ${reason}`,
  );
}
