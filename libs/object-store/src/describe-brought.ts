import { ImportError } from "@sluice/errors";
import { AllowedEndpoints } from "./sources/allowed-endpoints.ts";
import type { AskedSource, DescribedStorage, Storage, StorageValues } from "./storage.ts";
import { storages } from "./storages.ts";

/** Describes the store that a job brings. @throws {ImportError} `request_invalid`, `unsupported`, `path_refused` */
export type DescribeBrought = (asked: AskedSource) => Promise<DescribedStorage>;

/**
 * @param values settings of the storages
 * @param endpoints servers that jobs may name, see `AllowedEndpoints`
 * @throws {Error} for an endpoint that is none
 */
export function broughtSources(values: StorageValues, endpoints: readonly string[]): DescribeBrought {
  const allowed = new AllowedEndpoints(endpoints);
  return async (asked) => {
    for (const storage of storages) {
      const { brought } = storage as Pick<Storage<object, object, object>, "brought">;
      if (brought?.types.includes(asked.type)) return brought.describe(asked, values, allowed);
    }
    throw new ImportError("unsupported", `options.data_source: no store of type "${asked.type}" can be brought`);
  };
}
