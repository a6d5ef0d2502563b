/** Half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An object as storage tells of it without its bytes. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
}

/**
 * Immutable objects under keys: `/`-separated names without empty, `.` or `..` parts and without a leading slash. No key
 * may be a folder of another (`x` and `x/y`). A key that is none is refused with `internal`. A call whose signal aborts
 * rejects with the signal's reason. This half reads; who only reads asks for no more.
 */
export interface ObjectReads {
  /** Undefined when there is no such object. @throws {ImportError} `object_store_unavailable`: it is away; `object_store_refused` */
  stat(key: string): Promise<ObjectInfo | undefined>;
  /**
   * Fills `target` from `position` on and resolves to the bytes read, which are fewer than `target` holds only at the end
   * of the object. The way of the hot path: no allocation, any memory, shared memory too.
   * @throws {ImportError} `file_not_found`, or as `stat` when storage failed, never a short read
   */
  readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
  /** Bytes of `range` (default: all), in chunks of the store's choosing. @throws as `readInto` */
  read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Objects whose key starts with `prefix`, in byte order of key. Some S3 servers order by the key's parts instead, which is
   * the same as long as no part begins like a shorter one and goes on with a character below `/`: `a/x`, `a-b`.
   */
  list(prefix: string): AsyncIterable<ObjectInfo>;
}

/** The half that writes. */
export interface ObjectWrites {
  /**
   * Writes the pieces one after the other as one object, replacing an older one. Whole and durable when it resolves; a
   * reader never sees a part. The pieces must not change until then. `modifiedMs` may differ by seconds from what `stat`
   * says, which asks the storage's clock.
   * @param mayAppear asked right before each try that would make the object appear; what it throws ends the put without it
   */
  put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo>;
  /**
   * Makes the object `to` of the bytes of `from`, in the storage: none of them come here. Whole and durable as by `put`; the two
   * may share their bytes, since objects never change.
   * @param mayAppear as of `put`
   * @throws {ImportError} `file_not_found`; others as `stat`
   */
  copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void>;
  /** Missing keys are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /**
   * Removes what writers that were killed left below `prefix` of objects that they had begun: it is in no listing, yet it
   * takes space. The put of a writer that lives fails. Resolves to the number of writes. Absent where nothing is left.
   */
  abortWrites?(prefix: string): Promise<number>;
}

/** Both halves. Adapters: S3, local directory; in memory for tests. */
export interface ObjectStore extends ObjectReads, ObjectWrites, AsyncDisposable {
  /**
   * Tells whether the store can be used: what no waiting cures fails at once. Absent where nothing can be away.
   * @param options.writes whether it is also to be written and deleted from
   * @throws {ImportError} as `stat`
   */
  check?(signal?: AbortSignal, options?: { readonly writes?: boolean }): Promise<void>;
}
