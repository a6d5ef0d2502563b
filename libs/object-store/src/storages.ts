import { localStorage } from "./local/local-storage.ts";
import { s3Storage } from "./s3/s3-storage.ts";

/** Every kind of storage; the first that settings ask for holds segments. Adding one: see CONTRIBUTING.md. */
export const storages = [s3Storage, localStorage] as const;
