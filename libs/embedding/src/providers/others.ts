import { DataType } from "@sluice/schema";
import { bearer, ModelParamError, memberOf, membersOf, modelOf, type Provider } from "./provider.ts";

/** Cohere, `POST /v2/embed`. */
export const cohere: Provider = {
  maxTexts: () => 96,
  needsKey: true,
  outputs: [DataType.FloatVector, DataType.Int8Vector],
  url: ({ endpoint, url = endpoint }) => url || "https://api.cohere.com/v2/embed",
  headers: bearer,
  body: (texts, purpose, params, output) => {
    const { truncate = "END" } = params;
    if (!["NONE", "START", "END"].includes(truncate))
      throw new ModelParamError("Illegal parameters, truncate only supports [NONE, START, END]");
    const model = modelOf(params);
    // Models of the second generation know no kinds of input.
    const kind = !model.endsWith("v2.0") && { input_type: purpose === "rows" ? "search_document" : "search_query" };
    return { model, texts, ...kind, embedding_types: [typeName(output)], truncate };
  },
  vectors: (answer, output) => memberOf(memberOf(answer, "embeddings"), typeName(output)),
};

function typeName(output: DataType): string {
  return output === DataType.Int8Vector ? "int8" : "float";
}

/** DashScope of Alibaba Cloud. */
export const dashscope: Provider = {
  maxTexts: ({ model_name: model }) => (model === "text-embedding-v3" ? 6 : 25),
  needsKey: true,
  outputs: [DataType.FloatVector],
  url: ({ endpoint, url = endpoint }) =>
    url || "https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding",
  headers: bearer,
  body: (texts, purpose, params) => ({
    model: modelOf(params),
    input: { texts },
    parameters: {
      ...{ text_type: purpose === "rows" ? "document" : "query", output_type: "dense" },
      ...(Number(params.dim) > 0 && { dimension: Number(params.dim) }),
    },
  }),
  vectors: (answer) => membersOf(memberOf(memberOf(answer, "output"), "embeddings"), "embedding", "text_index"),
};

/** Gemini of Google, `batchEmbedContents`. */
export const gemini: Provider = {
  maxTexts: () => 100,
  needsKey: true,
  outputs: [DataType.FloatVector],
  url: (params) => {
    const base = params.url || params.endpoint || "https://generativelanguage.googleapis.com/v1beta";
    return `${base.replace(/\/+$/, "")}/models/${encodeURIComponent(modelOf(params))}:batchEmbedContents`;
  },
  headers: (key) => ({ "x-goog-api-key": key }),
  body: (texts, purpose, params) => ({
    requests: texts.map((text) => ({
      ...{ model: `models/${modelOf(params)}`, content: { parts: [{ text }] } },
      taskType: params.task || (purpose === "rows" ? "RETRIEVAL_DOCUMENT" : "RETRIEVAL_QUERY"),
      ...(Number(params.dim) > 0 && { outputDimensionality: Number(params.dim) }),
    })),
  }),
  vectors: (answer) => membersOf(memberOf(answer, "embeddings"), "values", ""),
};
