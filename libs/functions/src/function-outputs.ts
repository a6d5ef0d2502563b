import { setImmediate } from "node:timers/promises";
import type { Column, InsertBatch } from "@sluice/columns";
import { type CollectionSchema, type FieldSchema, type FunctionSchema, functionsOf } from "@sluice/schema";
import { multiAnalyzerOf } from "./analyzer/multi-analyzer.ts";
import { TermCounts } from "./bm25/term-counts.ts";
import { minHashParams } from "./minhash/min-hash-params.ts";
import { Signatures } from "./minhash/signatures.ts";

/** Computes one output of rows from inputs, with pauses. Pure: the same text gives the same value. */
interface Computation {
  readonly inputs: readonly number[];
  readonly output: number;
  readonly compute: (inputs: readonly Column[], rowCount: number) => Generator<void, Column>;
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
    for (const { inputs, output, compute } of missing) {
      const given = inputs.map((input) => {
        const column = columns[input];
        if (column) return column;
        throw new Error(`the batch has no column ${input}, which a function reads`);
      });
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
    case "bm25":
      return termCounts(fields, input, output);
    case "minhash": {
      const signatures = signaturesOf(params, fields[input], fields[output]);
      return { inputs: [input], output, compute: ([text], rowCount) => signatures.column(text, rowCount) };
    }
    case "textembedding":
      return undefined;
  }
}

/** Where a text has several analyzers, the field that names them is read as well. */
function termCounts(fields: readonly FieldSchema[], input: number, output: number): Computation {
  const { analyzer_params: one = "", multi_analyzer_params: several } = fields[input].typeParams;
  const analyzer = several === undefined ? one : multiAnalyzerOf(several);
  const counts = new TermCounts(analyzer);
  const names = typeof analyzer === "string" ? [] : [fields.findIndex(({ name }) => name === analyzer.byField)];
  const compute = function* ([text, given]: readonly Column[], rowCount: number): Generator<void, Column> {
    yield;
    return counts.column(text, rowCount, given);
  };
  return { inputs: [input, ...names], output, compute };
}

function signaturesOf(params: FunctionSchema["params"], text: FieldSchema, { dim }: FieldSchema): Signatures {
  return new Signatures(minHashParams(params, dim), text.typeParams.analyzer_params ?? "");
}
