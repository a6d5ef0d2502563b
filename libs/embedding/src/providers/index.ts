import { excerpt } from "@sluice/errors";
import { azureOpenai, openai, siliconflow, voyageai } from "./openai.ts";
import { cohere, dashscope, gemini } from "./others.ts";
import { ModelParamError, type Provider } from "./provider.ts";
import { tei } from "./tei.ts";

const providers: Readonly<Record<string, Provider>> = {
  ...{ openai, azure_openai: azureOpenai, dashscope, voyageai, cohere, siliconflow, tei, gemini },
};

/** Those that Milvus knows besides, and what to do without them. */
const GATEWAY = "put a gateway with the API of OpenAI before it, and name it as provider openai with its url";
const absent: Readonly<Record<string, string>> = {
  bedrock: GATEWAY,
  vertexai: GATEWAY,
  yc: GATEWAY,
  zilliz: GATEWAY,
  huggingface: "its inference endpoints speak as TEI does: name the endpoint as provider TEI",
};

/** @param name in any case @throws {ModelParamError} for one that is not known, in Milvus's words */
export function providerNamed(name: string): Provider {
  const key = name.toLowerCase();
  if (Object.hasOwn(providers, key)) return providers[key];
  const list = `unsupported text embedding service provider: [${excerpt(key)}] , list of supported [${Object.keys(providers).join(", ")}]`;
  throw new ModelParamError(Object.hasOwn(absent, key) ? `${list} (${absent[key]})` : list);
}
