export { EmbeddedFields, modelOf } from "./embedded-fields.ts";
export { checkModelParams } from "./model-params.ts";
export { type EmbeddingSettings, ModelServers } from "./model-servers.ts";
export { ModelParamError } from "./providers/provider.ts";
export type { EmbeddingCall, EmbeddingPatience, TextModel } from "./text-model.ts";
