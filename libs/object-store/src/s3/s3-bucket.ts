import { ImportError } from "@sluice/errors";
import type { ObjectInfo } from "../object-store.ts";
import { Patience } from "../patience.ts";
import type { BodySink } from "./direct/http-connection.ts";
import type { ListFrom, S3Api, S3ObjectInfo } from "./s3-api.ts";
import { failureOf, isMissing, isTransient, type S3Operation, s3Error } from "./s3-errors.ts";
import { checkS3Options, type S3Options } from "./s3-options.ts";

/** How long a look may take that only explains an error. */
const LOOK_MS = 2_000;
/** Objects of one page of a listing; the most that servers give. */
const pageObjects = 1000;
/** For an answer whose body is not wanted. */
const nowhere: BodySink = { room: () => new Uint8Array(0), wrote: () => {} };

/** One bucket: the calls of `S3Api` with retries, and errors in the words of the port. Keys are whole. */
export class S3Bucket implements AsyncDisposable {
  readonly options: S3Options;
  readonly api: S3Api;
  readonly #closing = new AbortController();
  /** A call has succeeded: a missing object is no missing bucket. */
  #isThere = false;

  private constructor(options: S3Options, api: S3Api) {
    this.options = options;
    this.api = api;
  }

  /** Calls nobody: a server that is down now may be up when it is needed. */
  static async open(options: S3Options): Promise<S3Bucket> {
    checkS3Options(options);
    const { S3Api } = await import("./s3-api.ts");
    try {
      return new S3Bucket(options, new S3Api(options));
    } catch (error) {
      throw s3Error(error, { doing: "open the bucket", action: "" }, options);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ImportError("aborted", "the object store is closed"));
    this.api.close();
  }

  /** A signal that aborts with `signal` or when the bucket is closed. */
  signal(signal?: AbortSignal): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  /** @param signal of `this.signal` */
  patience(operation: S3Operation, signal: AbortSignal): Patience {
    const { patienceMs } = this.options;
    const failure = (error: unknown) => s3Error(error, operation, this.options);
    return new Patience({ patienceMs, isTransient, failure }, signal);
  }

  /**
   * Runs until it succeeds, fails for good, or patience ends.
   * @throws {ImportError} `object_store_unavailable` when patience ends, `object_store_refused` for what no repetition cures,
   *   `file_not_found` where the operation reads; or the signal's reason
   */
  async call<T>(operation: S3Operation, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const patience = this.patience(operation, signal);
    for (;;) {
      signal.throwIfAborted();
      try {
        const result = await run(signal);
        this.#isThere = true;
        return result;
      } catch (error) {
        await patience.pause(error);
      }
    }
  }

  /** Undefined when there is no such object. */
  async head(key: string, signal?: AbortSignal): Promise<S3ObjectInfo | undefined> {
    const operation = { doing: `look up "${key}"`, action: "s3:GetObject" };
    return this.call(operation, this.signal(signal), async (signal) => {
      try {
        return await this.api.head(key, signal);
      } catch (error) {
        if (isTransient(error)) throw error;
        if (this.#isThere && isMissing(failureOf(error))) return undefined;
        return await this.#explainHead(key, signal);
      }
    });
  }

  /** Whether objects lie below the key; false also where this cannot be told, since it only explains what is missing. */
  async isFolder(key: string): Promise<boolean> {
    const look = this.api.list(`${key}/`, {}, 1, this.signal(AbortSignal.timeout(LOOK_MS)));
    return look.then(
      ({ objects }) => objects.length > 0,
      () => false,
    );
  }

  /**
   * Objects whose key starts with `prefix`, in byte order of key: all, or those without a further `/`.
   * @param skip keys that start so may be left out, and are not looked at where they fill pages
   */
  async *list(
    prefix: string,
    { deep = true, skip }: { readonly deep?: boolean; readonly skip?: string } = {},
  ): AsyncGenerator<S3ObjectInfo> {
    const operation = { doing: `list objects under "${prefix}"`, action: "s3:ListBucket" };
    let from: ListFrom = {};
    do {
      const page = await this.call(operation, this.signal(), (signal) =>
        this.api.list(prefix, from, pageObjects, signal, deep ? undefined : "/"),
      );
      yield* page.objects;
      const isSkipped = skip !== undefined && page.objects.at(-1)?.key.startsWith(skip);
      from = { token: page.next, ...(isSkipped && page.next && { token: undefined, after: `${skip}\u{10ffff}` }) };
    } while (from.token !== undefined || from.after !== undefined);
  }

  /** Tells whether the bucket can be used, at once: permanent reasons are not tried again. @throws {ImportError} why not */
  async check(signal?: AbortSignal): Promise<void> {
    const { bucket } = this.options;
    const operation = { doing: `open the bucket "${bucket}"`, action: "s3:ListBucket" };
    const prefix = this.options.prefix === "" ? "" : `${this.options.prefix}/`;
    await this.call(operation, this.signal(signal), (signal) => this.api.list(prefix, {}, 1, signal));
  }

  /** Answers to HEAD have no body, which would say what is missing; those to GET do. */
  async #explainHead(key: string, signal: AbortSignal): Promise<S3ObjectInfo | undefined> {
    try {
      await this.api.read({ key, range: { start: 0, end: 1 }, etag: "" }, () => nowhere, signal);
      return await this.api.head(key, signal); // It came meanwhile.
    } catch (error) {
      if (isMissing(failureOf(error))) return undefined;
      throw error;
    }
  }
}

/** Of an object below a folder of the bucket, by its key in there. */
export function infoBelow(folder: string, { key, sizeBytes, modifiedMs }: ObjectInfo): ObjectInfo {
  return { key: key.slice(folder.length), sizeBytes, modifiedMs };
}
