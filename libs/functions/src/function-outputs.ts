import { setImmediate } from "node:timers/promises";
import type { Column, InsertBatch } from "@sluice/columns";
import { type CollectionSchema, type FieldSchema, type FunctionSchema, functionsOf } from "@sluice/schema";
import { TermCounts } from "./bm25/term-counts.ts";
import { minHashParams } from "./minhash/min-hash-params.ts";
import { Signatures } from "./minhash/signatures.ts";

/** Computes one output of rows from one input, with pauses. Pure: the same text gives the same value. */
interface Computation {
  readonly input: number;
  readonly output: number;
  readonly compute: (input: Column, rowCount: number) => Generator<void, Column>;
}

/**
 * What the functions of a collection make of rows: columns in, columns out. Wherever rows come into a collection they pass
 * through here, behind defaults and before they are spread over segments.
 */
export class FunctionOutputs {
  readonly #computations: readonly Computation[];

  constructor(schema: CollectionSchema) {
    this.#computations = functionsOf(schema).flatMap((one) => computation(one, schema.fields) ?? []);
  }

  /** The batch with all outputs. One that is there already stays: a segment that is taken over brings it. */
  fill(batch: InsertBatch): InsertBatch {
    const steps = this.#steps(batch);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** The same for a thread that serves others meanwhile: thousands of hashes of a long text take seconds. */
  async fillInTurns(batch: InsertBatch): Promise<InsertBatch> {
    const steps = this.#steps(batch);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await setImmediate();
    }
  }

  *#steps(batch: InsertBatch): Generator<void, InsertBatch> {
    const missing = this.#computations.filter(({ output }) => !batch.columns[output]);
    if (missing.length === 0) return batch;
    const columns = [...batch.columns];
    for (const { input, output, compute } of missing) {
      const given = columns[input];
      if (!given) throw new Error(`the batch has no column ${input}, which a function reads`);
      columns[output] = yield* compute(given, batch.rowCount);
    }
    return { ...batch, columns };
  }
}

/** Undefined for what is not computed here: models are asked by `@sluice/embedding`. */
function computation(
  { type, inputId, outputId, params }: FunctionSchema,
  fields: readonly FieldSchema[],
): Computation | undefined {
  const indexOf = (id: number) => fields.findIndex(({ fieldId }) => fieldId === id);
  const [input, output] = [indexOf(inputId), indexOf(outputId)];
  switch (type) {
    case "bm25": {
      const counts = new TermCounts(fields[input].typeParams.analyzer_params ?? "");
      const compute = function* (text: Column, rowCount: number): Generator<void, Column> {
        yield;
        return counts.column(text, rowCount);
      };
      return { input, output, compute };
    }
    case "minhash": {
      const signatures = signaturesOf(params, fields[input], fields[output]);
      return { input, output, compute: (text, rowCount) => signatures.column(text, rowCount) };
    }
    case "textembedding":
      return undefined;
  }
}

function signaturesOf(params: FunctionSchema["params"], text: FieldSchema, { dim }: FieldSchema): Signatures {
  return new Signatures(minHashParams(params, dim), text.typeParams.analyzer_params ?? "");
}
