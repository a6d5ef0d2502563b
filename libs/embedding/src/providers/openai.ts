import { DataType } from "@sluice/schema";
import { bearer, ModelParamError, type ModelParams, memberOf, membersOf, modelOf, type Provider } from "./provider.ts";

// Services that speak the API of OpenAI, `POST /v1/embeddings`: their own, and what vLLM, Ollama, LM Studio and gateways serve.

/** `url` is the whole address of the route. */
const at =
  (url: string) =>
  ({ endpoint, url: given = endpoint }: ModelParams): string =>
    given || url;

const vectors = (answer: unknown): unknown => membersOf(memberOf(answer, "data"), "embedding", "index");

/** Source: OpenAI's API reference, "Create embeddings". */
export const openai: Provider = {
  maxTexts: () => 128,
  needsKey: true,
  outputs: [DataType.FloatVector],
  url: at("https://api.openai.com/v1/embeddings"),
  headers: bearer,
  body: (input, _, params) => ({
    ...{ model: modelOf(params), input, encoding_format: "float" },
    ...(Number(params.dim) > 0 && { dimensions: Number(params.dim) }),
    ...(params.user && { user: params.user }),
  }),
  vectors,
};

/** The model is a deployment, which stands in the address. */
export const azureOpenai: Provider = {
  ...openai,
  url: (params) => {
    const { resource_name: resource, endpoint, url = endpoint } = params;
    const base = url || (resource && `https://${resource}.openai.azure.com`);
    if (!base) throw new ModelParamError("param resource_name is missing: name the resource, or its address as url");
    const path = `/openai/deployments/${encodeURIComponent(modelOf(params))}/embeddings?api-version=2024-06-01`;
    return base.replace(/\/+$/, "") + path;
  },
  headers: (key) => ({ "api-key": key }),
};

/** As OpenAI's, with fewer texts at once and no choice of a dimension. */
export const siliconflow: Provider = {
  ...openai,
  maxTexts: () => 32,
  url: at("https://api.siliconflow.cn/v1/embeddings"),
  body: (input, _, params) => ({ model: modelOf(params), input, encoding_format: "float" }),
};

/** As OpenAI's, with other names for the same, and vectors of bytes. Source: Voyage AI's API reference. */
export const voyageai: Provider = {
  ...openai,
  outputs: [DataType.FloatVector, DataType.Int8Vector],
  url: at("https://api.voyageai.com/v1/embeddings"),
  body: (input, purpose, params, output) => ({
    ...{ model: modelOf(params), input, input_type: purpose === "rows" ? "document" : "query" },
    ...(params.truncation !== undefined && { truncation: params.truncation.toLowerCase() === "true" }),
    ...(Number(params.dim) > 0 && { output_dimension: Number(params.dim) }),
    output_dtype: output === DataType.Int8Vector ? "int8" : "float",
  }),
};
