import { parseStrictJson } from "@sluice/values";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { memberOf } from "./routes/fold-keys.ts";

/** Objects are those of the options document, or of one of its members. */
export const optionsBody = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.record(z.string(), z.unknown())], {
      error: "expected a text, a number, a truth value or an object",
    }),
  )
  .nullish();

/**
 * Options of a body, a text each. They are taken from its text: the framework's JSON forgets a key that stands twice, and rounds
 * integers. Null counts as absent, but for `auto_commit`, whose absence would make rows visible that somebody may want to hold
 * back.
 * @throws {ImportError} `request_invalid` with the path of a key that stands twice
 */
export function optionsOf({ bodyText }: FastifyRequest): { key: string; value: string }[] {
  // What is no object its schema refuses.
  const body = (parseStrictJson("", bodyText ?? "{}") ?? {}) as Readonly<Record<string, unknown>>;
  const given = Object.entries((memberOf(body, "options") as object | null | undefined) ?? {}).filter(
    ([key, value]) => value !== null || key === "auto_commit",
  );
  return given.map(([key, value]) => ({
    key,
    value: typeof value === "object" ? JSON.stringify(value) : String(value),
  }));
}

/** Files may be named there instead of beside it. */
export function mayNameFiles(options: z.infer<typeof optionsBody>): boolean {
  return options?.options != null || options?.external_data != null || options?.internal_data != null;
}
