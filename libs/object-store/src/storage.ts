import type { SettingsDefinition } from "@sluice/config";
import type { ObjectStore } from "./object-store.ts";
import type { Source } from "./source.ts";
import type { AllowedEndpoints } from "./sources/allowed-endpoints.ts";

/**
 * Where objects or files are, as plain data without secrets: it crosses to worker threads and stands in tasks.
 * Whoever opens it has the secrets from elsewhere.
 */
export interface StorageDescription {
  /** Name of a storage (`storages`). */
  readonly kind: string;
  /** What the storage makes of it is its own. */
  readonly options: object;
  /** Which of the secrets it is opened with. */
  readonly secret?: string;
}

/** A storage that sources lie in, by a name of lower-case letters, digits and `-`. */
export interface NamedStorage extends StorageDescription {
  readonly name: string;
  /** Paths without the name of a source are looked for here, in the order of the list. */
  readonly isDefault: boolean;
}

/** A place that files are exported into, by its name. */
export interface NamedRoot extends StorageDescription {
  readonly name: string;
}

/** Credentials by name, plain data of their storage. They travel apart from descriptions, and never into a record. */
export type Secrets = Readonly<Record<string, object>>;

/** A description together with its secret: what settings give. */
export interface DescribedStorage {
  readonly storage: StorageDescription;
  readonly secrets: Secrets;
}

/** What an opened store or source is told besides its description. */
export interface OpenOptions {
  /** How long a call waits for storage that is away before it fails; 60 s unless given. */
  readonly patienceMs?: number;
}

/** Values of settings by name; a storage looks at its own. */
export type StorageValues = Readonly<Record<string, unknown>>;

/** What a source is made from that an operator names: `NAME=scheme://…`. */
export interface SourceUrl {
  readonly name: string;
  readonly url: URL;
  /** Holds credentials of named sources. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly values: StorageValues;
}

/** What a job says of the store that it brings. */
export interface AskedSource {
  /** What users call the kind of store; see `Storage.brought`. */
  readonly type: string;
  readonly address?: string | undefined;
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly useSsl?: boolean | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
}

/** What a storage is told: by who keeps segments, and, of sources, by who plans and reads imports. */
export interface StorageSettings {
  readonly objects: SettingsDefinition;
  readonly sources: SettingsDefinition;
}

/**
 * One kind of storage: how settings name it, and how its two uses are opened: as a store of segments, read and written, and
 * as a source of files, which is only read. `storages.ts` lists them all; nothing else of the program knows one by name.
 */
export interface Storage<ObjectOptions extends object, SourceOptions extends object, Secret extends object> {
  /** As in descriptions; never changed once released. */
  readonly kind: string;
  readonly settings: StorageSettings;
  /** The setting that chooses it for segments, for who has given none of any storage. */
  readonly chosenBy: string;
  /** Full buffers of rows that a task best has on their way into segments at once; 1 unless given. */
  readonly flushesInFlight?: number;
  /** Schemes of the URLs of its sources, each with the form that they have, for messages. */
  readonly schemes: Readonly<Record<string, string>>;
  /** The store of segments that the settings ask for; undefined when they do not. @throws {Error} for what cannot be */
  objectsOf(values: StorageValues): Promise<DescribedStorage | undefined>;
  /** Where paths without the name of a source are looked for; empty when the settings name nothing. @throws {Error} */
  defaultSourcesOf(values: StorageValues): Promise<readonly (DescribedStorage & { readonly name: string })[]>;
  /** A further source by its URL. @throws {Error} for one that is none; it never repeats a secret */
  sourceOf?(source: SourceUrl): Promise<DescribedStorage>;
  /**
   * A place that files are exported into, by its URL; undefined for a URL of another storage. Absent where nothing is exported.
   * @throws {Error} for one that is none, or where segments lie; it never repeats a secret
   */
  exportRootOf?(root: SourceUrl): Promise<DescribedStorage | undefined>;
  /** A source that a job brings with credentials of its own; absent where jobs may bring none. */
  readonly brought?: {
    readonly types: readonly string[];
    /** @throws {ImportError} `request_invalid`, `path_refused`; it never repeats a secret */
    describe(asked: AskedSource, values: StorageValues, allowed: AllowedEndpoints): Promise<DescribedStorage>;
  };
  /** Calls no server yet. @throws {ImportError}, {Error} for options that cannot be */
  openObjects(options: ObjectOptions, secret: Secret | undefined, open: OpenOptions): Promise<ObjectStore>;
  /** Makes what segments need and is missing, such as a bucket, where this process may. @throws {ImportError} */
  prepareObjects?(options: ObjectOptions, secret: Secret | undefined, open: OpenOptions): Promise<void>;
  /** As `openObjects`. */
  openSource(options: SourceOptions, secret: Secret | undefined, open: OpenOptions): Promise<Source>;
}

/** Keeps the literal types of a storage, from which those of its settings follow. */
export function defineStorage<
  ObjectOptions extends object,
  SourceOptions extends object,
  Secret extends object,
  const S extends StorageSettings,
>(
  storage: Storage<ObjectOptions, SourceOptions, Secret> & { readonly settings: S },
): Storage<ObjectOptions, SourceOptions, Secret> & { readonly settings: S } {
  return storage;
}
