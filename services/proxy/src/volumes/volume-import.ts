import { StatusError } from "@sluice/errors";
import { optionName } from "@sluice/jobs";
import { volumeCodes } from "@sluice/volumes";
import { z } from "zod";
import { nameOf, names } from "./volume-requests.ts";

/** What a request to import says of files in a volume; clients send "" and null for what they do not mean. */
export const volumeImportMembers = {
  ...names,
  dataPaths: z
    .union([z.array(z.union([z.string(), z.array(z.string())])), z.literal("")])
    .nullish()
    .transform((paths) => paths || undefined),
};

type VolumeImport = z.infer<z.ZodObject<typeof volumeImportMembers>>;

/** An option as it is meant in a request that imports from a volume: a folder for rejected rows lies there, unless it names another one. */
export function inVolumeOf<Option extends { readonly key: string; readonly value: string }>(
  body: VolumeImport,
  option: Option,
): Option {
  const name = nameOf(body);
  const isFolder = optionName(option.key) === "reject_path" && option.value !== "";
  if (name === "" || !isFolder || /^[a-z0-9-]+:/i.test(option.value)) return option;
  return { ...option, value: `volume://${name}/${option.value}` };
}

/**
 * The files of a volume that a request names, as the paths that they have among all sources; undefined for a request that names
 * no volume. Several paths of one list are one set of column files.
 * @throws {StatusError} 63247 without paths
 */
export function volumeGroups(body: VolumeImport): string[][] | undefined {
  const name = nameOf(body);
  if (name === "") return undefined;
  const groups = (body.dataPaths ?? []).map((paths) => (typeof paths === "string" ? [paths] : paths));
  if (groups.flat().length === 0)
    throw new StatusError(volumeCodes.pathRefused, `dataPaths is missing: the paths of files or folders in "${name}"`);
  return groups.map((paths) => paths.map((path) => `volume://${name}/${path.replace(/^\/+/, "")}`));
}
