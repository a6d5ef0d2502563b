import { randomBytes } from "node:crypto";
import { commitWithRetry, RecordTable, UPLOAD_KEYS, type VolumeRecord } from "@sluice/catalog";
import { StatusError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import { folderPathOf, type OpenedToken, UploadTokens, volumeCodes } from "@sluice/volumes";
import { newVolume, type Volumes } from "./volumes.ts";

export interface UploadGrantsDeps {
  readonly store: MetaStore;
  readonly volumes: Volumes;
  readonly now: () => number;
  readonly tokenTtlMs: number;
  /** Bytes of one upload. */
  readonly maxBytes: number;
}

/** What somebody asks for. */
interface Asked {
  readonly name: string;
  readonly folder: string;
  /** "" where nobody is asked who it is. */
  readonly user: string;
}

/** What an upload may do, and what it signs with. */
export interface IssuedGrant {
  readonly record: VolumeRecord;
  readonly folder: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresMs: number;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Unlimited, as an integer that every client reads exactly. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Gives out credentials that upload into one folder of one volume, for a time. */
export class UploadGrants {
  readonly #deps: UploadGrantsDeps;
  #tokens: Promise<UploadTokens> | undefined;

  constructor(deps: UploadGrantsDeps) {
    this.#deps = deps;
  }

  /** @param name "" makes a temporary volume @throws {StatusError} 63240, 63244, 63245, 63247 */
  async issue({ name, folder: asked, user }: Asked): Promise<IssuedGrant> {
    const folder = folderPathOf(asked);
    const record = name === "" ? await this.#temporary() : (await this.#deps.volumes.find(name)).record;
    checkWritable(record);
    const { now, tokenTtlMs, maxBytes } = this.#deps;
    const expiresMs = Math.floor((now() + tokenTtlMs) / 1000) * 1000;
    const limits = { expiresMs, maxBytes: maxBytes || UNLIMITED, maxFiles: UNLIMITED };
    const { volumeId } = record;
    const tokens = await this.#opened();
    const grant = { volumeName: record.name, volumeId, folder, user, ...limits };
    return { record, folder, ...limits, ...tokens.issue(grant) };
  }

  /** What a session token allows; undefined when it is none of this cluster, or its volume is not there any more. */
  async check(sessionToken: string): Promise<OpenedToken | undefined> {
    const opened = (await this.#opened()).open(sessionToken);
    const entry = opened && (await this.#deps.volumes.table.get(opened.volumeName));
    return entry?.record.volumeId === opened?.volumeId && entry ? opened : undefined;
  }

  #temporary(): Promise<VolumeRecord> {
    const { volumes, now } = this.#deps;
    return volumes.add({ ...newVolume(`tmp_${randomBytes(8).toString("hex")}`, now()), isTemporary: true });
  }

  /** All rootcoords of a cluster, one after the other, have the same key. */
  #opened(): Promise<UploadTokens> {
    this.#tokens ??= this.#loadKey().catch((error: unknown) => {
      this.#tokens = undefined;
      throw error;
    });
    return this.#tokens;
  }

  async #loadKey(): Promise<UploadTokens> {
    const keys = new RecordTable(this.#deps.store, UPLOAD_KEYS);
    const key = await commitWithRetry(this.#deps.store, async () => {
      const known = await keys.get("current");
      if (known) return { result: known.record.key };
      const made = { key: randomBytes(32).toString("base64") };
      return { transaction: { guards: [keys.absent("current")], writes: [keys.write(made)] }, result: made.key };
    });
    return new UploadTokens(Buffer.from(key, "base64"));
  }
}

/** @throws {StatusError} 63244 for an external volume, 63245 for a frozen one */
export function checkWritable({ name, type, state }: VolumeRecord): void {
  if (type === "EXTERNAL")
    throw new StatusError(
      volumeCodes.invalidKind,
      `the volume "${name}" is external: put files into its storage yourself`,
    );
  if (state !== "running")
    throw new StatusError(volumeCodes.notRunning, `the volume "${name}" is ${state} and takes no files`);
}
