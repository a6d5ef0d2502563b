import type { MetaStore } from "@sluice/metastore";
import type { Sources } from "@sluice/object-store";
import type { ServedService } from "@sluice/rpc";
import type { RootCoordSettings } from "../settings.ts";
import { UploadGrants } from "./upload-grants.ts";
import { volumeService } from "./volume-service.ts";
import { Volumes } from "./volumes.ts";

export interface OpenVolumesDeps {
  readonly store: MetaStore;
  readonly sources: Sources;
}

/** All of volumes that the rootcoord does. */
export function openVolumes(settings: RootCoordSettings, { store, sources }: OpenVolumesDeps): ServedService {
  const now = Date.now;
  const hasSource = (name: string) => sources.has(name);
  const volumes = new Volumes({ store, now, hasSource, maxVolumes: settings.maxVolumes });
  const { uploadTokenTtlMs: tokenTtlMs, uploadLimitBytes: maxBytes } = settings;
  return volumeService(volumes, new UploadGrants({ store, volumes, now, tokenTtlMs, maxBytes }));
}
