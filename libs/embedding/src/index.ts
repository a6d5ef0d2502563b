export { EmbeddedFields, modelOf } from "./embedded-fields.ts";
export { type EmbeddingSettings, ModelServers } from "./model-servers.ts";
export { ModelParamError } from "./providers/provider.ts";
export { checkModelParams, type EmbeddingCall, type EmbeddingPatience, type TextModel } from "./text-model.ts";
