export { functionRefusal } from "./check-models.ts";
export { CollectionNames } from "./collection-names.ts";
export {
  createDdlHandlers,
  type Ddl,
  type DdlHandlers,
  type DdlMethod,
  type DdlOptions,
} from "./create-ddl-handlers.ts";
export type { NumberSource, RowCounts } from "./ddl-deps.ts";
export { type ForeignPlan, foreignCollection, planForeignCollection } from "./foreign-collection.ts";
export type { RootCoordHandlers } from "./handlers.ts";
export type { HiddenCollections } from "./hidden-collections.ts";
export { type DdlLimits, defaultLimits } from "./limits.ts";
export { declaredField, idsOfMerged, loadedAs, mergedCollection } from "./merged-collection.ts";
export { checkAliasName, checkCollectionName } from "./names.ts";
export type { Publication } from "./published-collection.ts";
