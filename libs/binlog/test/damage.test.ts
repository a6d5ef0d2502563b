import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { damages, seeded } from "@sluice/parquet/testing";
import type { DataType } from "@sluice/schema";
import { decodeInsertLog, EventType } from "../src/index.ts";
import { wrap } from "./wrap.ts";

// P1. Whatever a log holds, reading it ends: with as many rows as it had undamaged, or with an ImportError and its place.

const folder = join(import.meta.dirname, "parquet-fixtures");
const expected: Record<string, { dataType: DataType; rows: unknown[] }> = JSON.parse(
  readFileSync(join(folder, "expected.json"), "utf8"),
);
const samples = Object.entries(expected).filter(([name]) => !name.startsWith("deletes-"));

function outcome(payload: Uint8Array, dataType: DataType): number | "error" {
  try {
    return decodeInsertLog(wrap(payload, dataType, EventType.Insert)).rowCount;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    expect(error.code).toMatch(/malformed_file|unsupported/);
    return "error";
  }
}

describe.each(samples)("P1: %s", (name, { dataType, rows }) => {
  const payload = new Uint8Array(readFileSync(join(folder, `${name}.parquet`)));

  test.each(Object.keys(damages))("damage by %s", (kind) => {
    const random = seeded(name.length * 1000 + kind.length);
    for (let i = 0; i < Number(process.env.PARQUET_DAMAGE_RUNS ?? 100); i++)
      expect([rows.length, "error"]).toContain(outcome(damages[kind](payload, random), dataType));
  });

  test("a cut at any length is an error", () => {
    for (let length = 0; length < payload.length; length += 7)
      expect(outcome(payload.slice(0, length), dataType)).toBe("error");
  });
});
