import { DataType } from "@sluice/schema";
import { bearer, ModelParamError, type Provider } from "./provider.ts";

/** Text Embeddings Inference of Hugging Face, and what speaks like it. Source: its OpenAPI, `POST /embed`. */
export const tei: Provider = {
  maxTexts: ({ max_client_batch_size: size = "32" }) => {
    const count = Number(size);
    if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
    throw new ModelParamError(
      `[max_client_batch_size param's value: ${size}] is not a valid number, expected 1 to 1024`,
    );
  },
  needsKey: false,
  outputs: [DataType.FloatVector],
  url: ({ endpoint, url = endpoint }) => {
    if (url) return `${url.replace(/\/+$/, "")}/embed`;
    throw new ModelParamError("param endpoint is missing: name the server, such as http://tei:8080");
  },
  headers: bearer,
  body: (texts, purpose, params) => {
    const prompt = (purpose === "rows" ? params.ingestion_prompt : params.search_prompt) ?? "";
    return { inputs: prompt === "" ? texts : texts.map((text) => prompt + text), ...truncation(params) };
  },
  vectors: (answer) => answer,
};

function truncation({ truncate, truncation_direction: direction }: Readonly<Record<string, string>>) {
  if (truncate !== undefined && !/^(true|false)$/i.test(truncate))
    throw new ModelParamError(`[truncate param's value: ${truncate}] is invalid, only supports: [true/false]`);
  if (direction !== undefined && direction !== "Left" && direction !== "Right")
    throw new ModelParamError(
      `[truncation_direction param's value: ${direction}] is not invalid, only supports [Left/Right]`,
    );
  return {
    ...(truncate !== undefined && { truncate: truncate.toLowerCase() === "true" }),
    ...(direction !== undefined && { truncation_direction: direction }),
  };
}
