import { type ModelServers, modelOf } from "@sluice/embedding";
import { ImportError, StatusError } from "@sluice/errors";
import { schemaFromMessage, schema as wire } from "@sluice/rpc";
import { type FieldSchema, type FunctionSchema, fixedWidth, functionsOf } from "@sluice/schema";
import { checkFunctions, outputOf } from "./check-functions.ts";
import { toPairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";

/** Whoever creates a collection waits. */
const PATIENCE = { totalMs: 5000, firstMs: 250 };

/**
 * Asks each model of a new collection once, so that a wrong address, key or dimension is known before the first row.
 * @param stored with numbers
 * @throws {StatusError} 1100
 */
export async function checkModels(stored: wire.CollectionSchema, servers: ModelServers): Promise<void> {
  if (stored.functions.length === 0) return;
  const schema = schemaFromMessage(stored, []);
  for (const one of functionsOf(schema)) {
    if (one.type !== "textembedding") continue;
    const output = schema.fields.find(({ fieldId }) => fieldId === one.outputId) as FieldSchema;
    try {
      await ask(one, output, servers);
    } catch (error) {
      if (error instanceof ImportError) throw invalid(`function ${one.name}: ${inWords(error.reason, output)}`);
      throw error;
    }
  }
}

/** Why the functions or analyzers of a declared schema cannot be here. No model is asked. */
export function functionRefusal(declared: wire.CollectionSchema, servers: ModelServers): string | undefined {
  try {
    checkFunctions(declared);
    for (const { type, params, outputFieldNames } of declared.functions) {
      if (type !== wire.FunctionType.TextEmbedding) continue;
      const output = declared.fields.find(({ name }) => name === outputFieldNames[0]) as wire.FieldSchema;
      modelOf({ params: Object.fromEntries(toPairs(params)) }, outputOf(output), servers);
    }
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    if (error instanceof ImportError) return error.reason;
    throw error;
  }
}

async function ask(one: FunctionSchema, output: FieldSchema, servers: ModelServers): Promise<void> {
  const call = { purpose: "rows", patience: PATIENCE, signal: new AbortController().signal } as const;
  await modelOf(one, output, servers).embed(["check"], new Uint8Array(fixedWidth(output)), call);
}

/** As Milvus says of a collection what it says otherwise of rows. */
function inWords(reason: string, { dim }: FieldSchema): string {
  const found = /obtained from the model is \[(\d+)\]$/.exec(reason)?.[1];
  if (found === undefined) return reason;
  return `the dim set in the schema is inconsistent with the dim of the model, dim in schema is ${dim}, dim of model is ${found}`;
}
