import { randomBytes } from "node:crypto";
import type { VolumeRight } from "@sluice/access";
import { commitWithRetry, RecordTable, UPLOAD_KEYS, type VolumeRecord } from "@sluice/catalog";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import {
  type FileGrant,
  FileTickets,
  filePathOf,
  folderPathOf,
  type OpenedToken,
  UploadTokens,
  volumeCodes,
} from "@sluice/volumes";
import { newVolume, type Volumes } from "./volumes.ts";

/** What giving out credentials needs; `now` is in Unix milliseconds. */
export interface UploadGrantsDeps {
  readonly store: MetaStore;
  readonly volumes: Volumes;
  readonly now: () => number;
  readonly tokenTtlMs: number;
  /** Whether somebody who was let in earlier may still do that with a volume; not asked of nobody (""). */
  readonly mayStill: (who: { caller: string; name: string; right: VolumeRight }) => Promise<boolean>;
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

/** What somebody asks a link for. */
interface AskedFile extends Omit<FileGrant, "volumeId" | "expiresMs"> {
  readonly ttlMs: number;
}

/** A link for one file: what stands in its URL, and until when it is good, in Unix milliseconds. */
export interface IssuedFile {
  readonly ticket: string;
  readonly expiresMs: number;
}

/** What is common to all that was given out. */
type Issued = Pick<FileGrant, "volumeName" | "volumeId" | "user">;

interface GrantKeys {
  readonly tokens: UploadTokens;
  readonly tickets: FileTickets;
}

/** Unlimited, as an integer that every client reads exactly. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Gives out credentials that upload into one folder of one volume, and tickets for single files, for a time. */
export class UploadGrants {
  readonly #deps: UploadGrantsDeps;
  #keys: Promise<GrantKeys> | undefined;

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
    const { tokens } = await this.#opened();
    const grant = { volumeName: record.name, volumeId, folder, user, ...limits };
    return { record, folder, ...limits, ...tokens.issue(grant) };
  }

  /**
   * What a session token allows; undefined when it is none of this cluster, its volume is not there any more, or who has asked for it
   * may not any more.
   */
  async check(sessionToken: string): Promise<OpenedToken | undefined> {
    const opened = (await this.#opened()).tokens.open(sessionToken);
    return opened && (await this.#stands(opened, "write")) ? opened : undefined;
  }

  /** A ticket for one request for one file. @throws {StatusError} 63240, 63247; 63244, 63245 for one to be put; 1100 */
  async issueFile({ volumeName, path: asked, method, ttlMs, maxBytes, user }: AskedFile): Promise<IssuedFile> {
    if (method !== "GET" && method !== "PUT")
      throw new StatusError(statusCodes.invalidParameter, `a link is for GET or PUT, not for "${excerpt(method, 20)}"`);
    const path = filePathOf(asked);
    const { record } = await this.#deps.volumes.find(volumeName);
    if (method === "PUT") checkWritable(record);
    const { tickets } = await this.#opened();
    const expiresMs = this.#deps.now() + ttlMs;
    const { volumeId } = record;
    return { expiresMs, ticket: tickets.issue({ volumeName, volumeId, path, method, expiresMs, maxBytes, user }) };
  }

  /** What a ticket allows; undefined as with `check`. */
  async checkFile(ticket: string): Promise<FileGrant | undefined> {
    const opened = (await this.#opened()).tickets.open(ticket);
    return opened && (await this.#stands(opened, opened.method === "PUT" ? "write" : "read")) ? opened : undefined;
  }

  async #stands({ volumeName: name, volumeId, user: caller }: Issued, right: VolumeRight): Promise<boolean> {
    const entry = await this.#deps.volumes.table.get(name);
    return entry?.record.volumeId === volumeId && (caller === "" || this.#deps.mayStill({ caller, name, right }));
  }

  #temporary(): Promise<VolumeRecord> {
    const { volumes, now } = this.#deps;
    return volumes.add({ ...newVolume(`tmp_${randomBytes(8).toString("hex")}`, now()), isTemporary: true });
  }

  /** All rootcoords of a cluster, one after the other, have the same key. */
  #opened(): Promise<GrantKeys> {
    this.#keys ??= this.#loadKey().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #loadKey(): Promise<GrantKeys> {
    const keys = new RecordTable(this.#deps.store, UPLOAD_KEYS);
    const text = await commitWithRetry(this.#deps.store, async () => {
      const known = await keys.get("current");
      if (known) return { result: known.record.key };
      const made = { key: randomBytes(32).toString("base64") };
      return { transaction: { guards: [keys.absent("current")], writes: [keys.write(made)] }, result: made.key };
    });
    const key = Buffer.from(text, "base64");
    return { tokens: new UploadTokens(key), tickets: new FileTickets(key) };
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
