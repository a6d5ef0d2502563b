import { storages } from "./storages.ts";

/** Members of all members of a union. */
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

type Settings = (typeof storages)[number]["settings"];

/** The settings of all storages together. */
export const storageSettings = {
  objects: Object.assign({}, ...storages.map(({ settings }) => settings.objects)) as AllOf<Settings["objects"]>,
  sources: Object.assign({}, ...storages.map(({ settings }) => settings.sources)) as AllOf<Settings["sources"]>,
};
