import { excerpt } from "@sluice/errors";
import { schema } from "@sluice/rpc";
import { type CollectionSchema, DataType, dataTypeName, primaryKeyIndex } from "@sluice/schema";
import { refuse } from "../metrics.ts";
import { type ChainFunction, chainFunction } from "./chain-functions.ts";
import { ChainParams } from "./chain-params.ts";

/** Column of the hits' keys. */
export const ID = "$id";
/** Column of the scores, which steps change. */
export const SCORE = "$score";

/** A step that hits of a search go through, each query's by themselves. Columns are named. */
export type ChainStep =
  | { readonly does: "map"; readonly inputs: readonly string[]; readonly output: string; readonly make: ChainFunction }
  | { readonly does: "sort"; readonly column: string; readonly tie: string | undefined; readonly descending: boolean }
  | { readonly does: "limit"; readonly limit: number; readonly offset: number };

/** What is done to hits after they were found, step by step. */
export interface Chain {
  readonly steps: readonly ChainStep[];
  /** Positions of the fields that are read, by name. */
  readonly fields: ReadonlyMap<string, number>;
}

/** What a column holds: numbers of single precision, other numbers, texts. */
type Kind = "single" | "number" | "text";

const { FunctionChainStage: Stage } = schema;
const kinds: Readonly<Partial<Record<DataType, Kind>>> = {
  ...{ [DataType.Int8]: "number", [DataType.Int16]: "number", [DataType.Int32]: "number", [DataType.Int64]: "number" },
  ...{ [DataType.Float]: "single", [DataType.Double]: "number", [DataType.VarChar]: "text" },
};
const MAX_STEPS = 64;

/** Reads `function_chains`. Source: Milvus, internal/proxy/function_chain_rerank.go. @throws {StatusError} 1100, in Milvus's words */
export function chainOf(chains: readonly schema.FunctionChain[], collection: CollectionSchema): Chain | undefined {
  if (chains.length === 0) return undefined;
  const [{ stage, ops }, ...more] = chains;
  for (const { stage: other } of more)
    refuse(
      other === stage
        ? `function chain stage ${stageName(stage)} appears more than once: invalid parameter`
        : `function chain[1] stage ${stageName(other)} is not supported in search request: invalid parameter`,
    );
  if (stage !== Stage.FunctionChainStageL2Rerank)
    refuse(
      `function chain[0] stage ${stageName(stage)} is not supported in search request: this server takes chains of the stage L2_RERANK: invalid parameter`,
    );
  if (ops.length === 0) refuse("function chain[0] must contain at least one op: invalid parameter");
  if (ops.length > MAX_STEPS)
    refuse(`function chain[0] has ${ops.length} ops, more than ${MAX_STEPS}: invalid parameter`);
  const reader = new ChainReader(collection);
  return { steps: ops.map((op, i) => reader.step(op, `function chain[0]: op[${i}]`)), fields: reader.fields };
}

function stageName(stage: schema.FunctionChainStage): string {
  return Object.entries(Stage).find(([, value]) => value === stage)?.[0] ?? String(stage);
}

/** Reads steps one after the other, each with the columns that those before have made. */
class ChainReader {
  readonly fields = new Map<string, number>();
  readonly #collection: CollectionSchema;
  readonly #columns: Map<string, Kind>;

  constructor(collection: CollectionSchema) {
    this.#collection = collection;
    const { dataType } = collection.fields[primaryKeyIndex(collection)];
    this.#columns = new Map([
      [ID, kinds[dataType] ?? "text"],
      [SCORE, "single"],
    ]);
  }

  step(op: schema.FunctionChainOp, place: string): ChainStep {
    const params = new ChainParams(`${place}: ${excerpt(op.op)}`, op.params);
    switch (op.op.trim()) {
      case "map":
        return this.#map(op, place);
      case "sort":
        return this.#sort(params, place);
      case "limit":
        return limitOf(params, place);
      default:
        return refuse(`${place}: unknown operator type: ${excerpt(op.op)}: use map, sort or limit: invalid parameter`);
    }
  }

  #map({ expr, outputs, params }: schema.FunctionChainOp, place: string): ChainStep {
    new ChainParams(`${place}: map`, params).checkAllRead();
    if (!expr) return refuse(`${place}: map operator requires function: invalid parameter`);
    const name = expr.name.trim();
    const inputs = expr.args.map(({ arg }) => {
      if (arg?.$case === "column") return this.#read(arg.value.name, place);
      return refuse(`${place}: ${excerpt(name)} takes columns, and numbers by its parameters alone: invalid parameter`);
    });
    const make = chainFunction(name, new ChainParams(`${place}: ${excerpt(name)}`, expr.params), inputs.length);
    for (const input of inputs) this.#checkNumber(input, name, place);
    if (outputs.length !== 1) refuse(`${place}: map writes 1 column, got ${outputs.length}: invalid parameter`);
    const output = this.#write(outputs[0], place);
    return { does: "map", inputs, output, make };
  }

  /** Milvus rounds numbers of single precision alone. */
  #checkNumber(column: string, name: string, place: string): void {
    const kind = this.#columns.get(column);
    if (kind === "text")
      refuse(
        `${place}: ${name}: column ${column}: unsupported input column type, expected numeric type: invalid parameter`,
      );
    if (name === "round_decimal" && kind !== "single")
      refuse(`${place}: round_decimal: column ${column} must be Float, or made by a step before: invalid parameter`);
  }

  #sort(params: ChainParams, place: string): ChainStep {
    const column = this.#read(params.text("column"), place);
    const descending = params.flag("desc", false);
    const tie = params.text("tie_break_col", "");
    params.checkAllRead();
    return { does: "sort", column, descending, tie: tie === "" ? undefined : this.#read(tie, place) };
  }

  #read(given: string, place: string): string {
    const name = given.trim();
    if (this.#columns.has(name)) return name;
    const shown = excerpt(name);
    if (name === "") refuse(`${place}: column name is empty: invalid parameter`);
    if (name.startsWith("$"))
      refuse(
        `${place} input "${shown}": system input "${shown}" is not supported by L2 rerank function chain: invalid parameter`,
      );
    const field = this.#collection.fields.findIndex((candidate) => candidate.name === name);
    if (field < 0)
      refuse(`function chain input "${shown}" is neither a previous output nor a collection field: invalid parameter`);
    const { dataType } = this.#collection.fields[field];
    const kind = kinds[dataType];
    if (!kind)
      return refuse(
        `function chain input "${name}" has unsupported field type ${dataTypeName(dataType)}: invalid parameter`,
      );
    this.fields.set(name, field);
    this.#columns.set(name, kind);
    return name;
  }

  #write(given: string, place: string): string {
    const name = given.trim();
    const shown = excerpt(name);
    if (name === "") refuse(`${place}: output name is empty: invalid parameter`);
    if (name.startsWith("$") && name !== SCORE)
      refuse(
        `${place} output "${shown}": system output "${shown}" is not writable by L2 rerank function chain: invalid parameter`,
      );
    this.#columns.set(name, "single");
    return name;
  }
}

function limitOf(params: ChainParams, place: string): ChainStep {
  const [limit, offset] = [params.whole("limit"), params.whole("offset", 0)];
  if (limit <= 0) refuse(`${place}: limit_op: limit must be positive: invalid parameter`);
  if (offset < 0) refuse(`${place}: limit_op: offset must not be negative: invalid parameter`);
  params.checkAllRead();
  return { does: "limit", limit, offset };
}
