import { excerpt } from "@sluice/errors";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { providerNamed } from "./providers/index.ts";
import { ModelParamError, type ModelParams, type Provider } from "./providers/provider.ts";

/** The field of the vectors. */
export type ModelOutput = Pick<FieldSchema, "name" | "dim" | "dataType">;

/** Names in lower case, as Milvus compares them. @throws {ModelParamError} for a key that would stand in a record */
export function modelParams(params: Readonly<Record<string, string>>): ModelParams {
  const lower = Object.fromEntries(Object.entries(params).map(([key, value]) => [key.toLowerCase(), value]));
  const secret = Object.keys(lower).find(
    (name) => /api_?key|secret|token|password/.test(name) && name !== "max_tokens_per_doc",
  );
  if (secret === undefined) return lower;
  throw new ModelParamError(
    `param ${excerpt(secret)}: keys do not belong into a schema, which everybody can read: name one of the setting embedding-key by the param credential`,
  );
}

/** What can be said of a function before any server is asked. @throws {ModelParamError} */
export function checkModelParams(params: Readonly<Record<string, string>>, output: ModelOutput): void {
  const known = modelParams(params);
  const provider = checkedProvider(known, output);
  provider.maxTexts(known);
  provider.url(known);
  provider.body(["check"], "rows", known, output.dataType);
}

/** @throws {ModelParamError} for a provider that there is not, or that gives no vectors of the field */
export function checkedProvider(params: ModelParams, { name, dim, dataType }: ModelOutput): Provider {
  if (!params.provider) throw new ModelParamError("the text embedding service provider parameter:[provider] not found");
  const provider = providerNamed(params.provider);
  if (params.dim !== undefined && !/^\d+$/.test(params.dim))
    throw new ModelParamError(`dimension [${excerpt(params.dim)}] provided in Function params is not a valid int`);
  if (Number(params.dim ?? 0) !== 0 && Number(params.dim) !== dim)
    throw new ModelParamError(
      `Function output field:[${name}]'s dimension [${dim}] does not match the dimension [${params.dim}] provided in Function params.`,
    );
  if (!provider.outputs.includes(dataType))
    throw new ModelParamError(
      `embedding model output and field type mismatch, model output is FloatVector, field type is ${dataTypeName(dataType)}`,
    );
  return provider;
}
