export * from "./chunked/index.ts";
export * from "./counting-object-store.ts";
export * from "./describe-brought.ts";
export * from "./describe-storages.ts";
export * from "./export-roots.ts";
export * from "./local/local-object-store.ts";
export * from "./object-store.ts";
export * from "./open-storages.ts";
export * from "./s3/index.ts";
export type { FoundFile, ListedFile, ListOptions, Source, SourceFile, SourceRef } from "./source.ts";
export { ConfinedRefused, isFolder, refuseFolder } from "./source.ts";
export { AllowedEndpoints } from "./sources/allowed-endpoints.ts";
export { coversByText } from "./sources/confined-source.ts";
export * from "./sources/counting-sources.ts";
export * from "./sources/path-pattern.ts";
export { AddressRefused, ReachableAddresses } from "./sources/reachable-addresses.ts";
export * from "./sources/sources.ts";
export type {
  AskedSource,
  DescribedStorage,
  NamedRoot,
  NamedStorage,
  Secrets,
  StorageDescription,
  StorageValues,
} from "./storage.ts";
export { storageSettings } from "./storage-settings.ts";
