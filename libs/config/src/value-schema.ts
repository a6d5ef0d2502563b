import { z } from "zod";
import type { Setting } from "./setting.ts";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "./units.ts";

/**
 * What a setting takes, from text (flag, environment) or a value of the file, as a zod schema: zod reports each problem
 * with a message instead of throwing at the first, and composes the few steps of each type.
 */
export function valueSchema(setting: Setting): z.ZodType {
  switch (setting.type) {
    case "string":
      return setting.choices
        ? choice(setting.choices)
        : z.union([z.string(), z.number().transform(String)], "expected text");
    case "int":
      return bounded(quantity("a whole number", parseInteger), setting, String);
    case "bytes":
      return bounded(quantity("a size such as 64MB", parseBytes), setting, formatBytes);
    case "duration":
      return bounded(quantity("a duration such as 30s, 5m or 2h", parseDuration), setting, formatDuration);
    case "boolean":
      return z.union([z.boolean(), z.stringbool()], "expected true or false");
    case "list":
      return z.union([z.array(z.string()), z.string().transform(splitList)], "expected a list of texts");
  }
}

function choice(choices: readonly string[]): z.ZodType {
  const message = `expected one of ${choices.join(", ")}`;
  return z.string(message).refine((value) => choices.includes(value), message);
}

function quantity(expected: string, parse: (text: string) => number | undefined): z.ZodType<number> {
  const message = `expected ${expected}`;
  return z.union([z.string(), z.number()], message).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function bounded(
  schema: z.ZodType<number>,
  limits: { min?: number; max?: number },
  format: (n: number) => string,
): z.ZodType {
  const { min = -Infinity, max = Infinity } = limits;
  return schema
    .refine((value) => value >= min, `expected at least ${format(min)}`)
    .refine((value) => value <= max, `expected at most ${format(max)}`);
}

function parseInteger(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
