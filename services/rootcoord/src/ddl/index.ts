export { CollectionNames } from "./collection-names.ts";
export {
  createDdlHandlers,
  type Ddl,
  type DdlHandlers,
  type DdlMethod,
  type DdlOptions,
} from "./create-ddl-handlers.ts";
export type { NumberSource, RowCounts } from "./ddl-deps.ts";
export type { RootCoordHandlers } from "./handlers.ts";
export { type DdlLimits, defaultLimits } from "./limits.ts";
