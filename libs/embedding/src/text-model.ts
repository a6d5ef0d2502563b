import { setTimeout as wait } from "node:timers/promises";
import { excerpt, ImportError } from "@sluice/errors";
import { DataType, dataTypeName, type FunctionSchema } from "@sluice/schema";
import { checkedProvider, checkModelParams, type ModelOutput, modelParams } from "./model-params.ts";
import type { ModelServers } from "./model-servers.ts";
import { PostRefused } from "./post-json.ts";
import { ModelParamError, type ModelParams, type Provider, type Purpose } from "./providers/provider.ts";

/** How long what may pass is asked for again. */
export interface EmbeddingPatience {
  /** Of one request. */
  readonly totalMs: number;
  /** The first pause, about; each one is twice the last. */
  readonly firstMs: number;
  /** When the last request must have ended, by `performance.now()`; default: whenever it does. */
  readonly endsAtMs?: number;
}

/** What texts are for, and how long their vectors are waited for. */
export interface EmbeddingCall {
  readonly purpose: Purpose;
  readonly patience: EmbeddingPatience;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 30_000;
const LONGEST_PAUSE_MS = 30_000;
/** Of a number in an answer, and of all around the vectors. */
const NUMBER_BYTES = 40;
const ANSWER_BYTES = 1 << 20;
/** Answers to what is too large, or has a text that the model does not take: fewer texts may do, and one text is the culprit. */
const TOO_MUCH = new Set([400, 413, 422]);

/** The model that a function of text embedding asks: texts in, bytes of vectors out. */
export class TextModel {
  /** Texts of one request at most. */
  readonly maxTexts: number;
  readonly #servers: ModelServers;
  readonly #provider: Provider;
  readonly #params: ModelParams;
  readonly #output: ModelOutput;
  readonly #url: string;
  readonly #key: string | undefined;
  /** A server that has asked to be left alone is left alone by all requests. */
  #restUntilMs = 0;

  /** @throws {ModelParamError} for parameters that are wrong, and for servers and keys that the settings do not have */
  constructor({ params }: Pick<FunctionSchema, "params">, output: ModelOutput, servers: ModelServers) {
    checkModelParams(params, output);
    this.#params = modelParams(params);
    this.#provider = checkedProvider(this.#params, output);
    this.#output = output;
    this.#servers = servers;
    this.#url = this.#provider.url(this.#params);
    servers.check(this.#url);
    this.maxTexts = this.#provider.maxTexts(this.#params);
    const { credential, provider } = this.#params;
    this.#key = servers.keyFor(credential ?? provider.toLowerCase(), this.#url, credential !== undefined);
    if (this.#key === undefined && this.#provider.needsKey)
      throw new ModelParamError(
        `missing credentials config: give the server's setting embedding-key ${provider.toLowerCase()}=KEY, or name one of its keys by the param credential`,
      );
  }

  /**
   * Writes the vectors of at most `maxTexts` texts, one after the other.
   * @throws {ImportError} `provider_unavailable`; `provider_refused`, with the text's number as its row
   */
  async embed(texts: readonly string[], target: Uint8Array, call: EmbeddingCall): Promise<void> {
    try {
      const answer = await this.#patiently(texts, call);
      this.#write(this.#provider.vectors(answer, this.#output.dataType), texts.length, target);
    } catch (error) {
      if (!(error instanceof PostRefused)) throw error;
      if (texts.length === 1 || !TOO_MUCH.has(error.status)) throw this.#refused(error, texts);
      await this.#byHalves(texts, target, call);
    }
  }

  /** A text that is refused is found so, and what is too much at once goes. */
  async #byHalves(texts: readonly string[], target: Uint8Array, call: EmbeddingCall): Promise<void> {
    const half = texts.length >> 1;
    const bytes = (target.length / texts.length) * half;
    await this.embed(texts.slice(0, half), target.subarray(0, bytes), call);
    try {
      await this.embed(texts.slice(half), target.subarray(bytes), call);
    } catch (error) {
      throw shifted(error, half);
    }
  }

  async #patiently(texts: readonly string[], { purpose, patience, signal }: EmbeddingCall): Promise<unknown> {
    const body = this.#provider.body(texts, purpose, this.#params, this.#output.dataType);
    const maxAnswerBytes = ANSWER_BYTES + NUMBER_BYTES * texts.length * this.#output.dim;
    const headers = this.#key === undefined ? {} : this.#provider.headers(this.#key);
    const endMs = Math.min(performance.now() + patience.totalMs, patience.endsAtMs ?? Number.POSITIVE_INFINITY);
    let said: PostRefused | undefined;
    for (let pauseMs = patience.firstMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.#rest(endMs, signal);
        const timeoutMs = Math.min(TIMEOUT_MS, Math.max(1, Math.ceil(endMs - performance.now())));
        const post = { url: this.#url, headers, body, maxAnswerBytes, timeoutMs, hide: this.#hide };
        return await this.#servers.poster.post(post, signal);
      } catch (error) {
        if (!(error instanceof PostRefused) || !error.passes) throw error;
        // What was answered says more than that the last request had no time left.
        if (error.status > 0) said = error;
        const untilMs = performance.now() + (error.restMs || pauseMs * (0.75 + Math.random() / 2));
        if (untilMs > endMs) throw said ?? error;
        if (error.restMs > 0) this.#restUntilMs = Math.max(this.#restUntilMs, untilMs);
        else await wait(untilMs - performance.now(), undefined, { signal });
      }
    }
  }

  /** @throws {PostRefused} when that is longer than a call may take */
  async #rest(endMs: number, signal: AbortSignal): Promise<void> {
    const restMs = this.#restUntilMs - performance.now();
    if (this.#restUntilMs > endMs) {
      const seconds = Math.ceil(restMs / 1000);
      throw new PostRefused(`it has asked to be left alone for ${seconds} s`, { passes: true, restMs });
    }
    if (restMs > 0) await wait(restMs, undefined, { signal });
  }

  #write(vectors: unknown, count: number, target: Uint8Array): void {
    const { dim, dataType } = this.#output;
    const found = Array.isArray(vectors) ? vectors.length : 0;
    if (found !== count)
      throw refusal(
        `get embedding failed, the number of texts and embeddings does not match text:[${count}], embedding:[${found}]`,
      );
    const values = dataType === DataType.Int8Vector ? int8s(target) : floats(target);
    for (let i = 0; i < count; i++) {
      const vector: unknown = (vectors as unknown[])[i];
      const length = Array.isArray(vector) ? vector.length : 0;
      if (length !== dim)
        throw refusal(
          `the required embedding dim is [${dim}], but the embedding obtained from the model is [${length}]`,
        );
      for (let k = 0; k < dim; k++) {
        const value = (vector as unknown[])[k];
        // An object would be asked for its number, and might answer anything.
        if (typeof value === "number") values[i * dim + k] = value;
        // What is no number, or too large for the type, is another one when it is read back.
        if (typeof value !== "number" || !isStored(values[i * dim + k], value, dataType))
          throw refusal(
            `the model gives ${excerpt(this.#hide(shown(value)))} as number ${k} of a ${dataTypeName(dataType)}`,
            i,
          );
      }
    }
  }

  /** A provider may repeat the key that it does not take. */
  readonly #hide = (text: string): string => (this.#key === undefined ? text : text.replaceAll(this.#key, "***"));

  #refused(error: PostRefused, texts: readonly string[]): ImportError {
    const said = error.message;
    const host = new URL(this.#url).host;
    if (error.passes) return new ImportError("provider_unavailable", `the model of ${host} gives no vectors: ${said}`);
    const culprit = texts.length === 1 ? ` (for the text "${excerpt(texts[0])}")` : "";
    return refusal(`the model of ${host} refuses: ${said}${culprit}`, texts.length === 1 ? 0 : undefined);
  }
}

/** What stands for a number. As text a list may be as deep as it likes, and an object what it likes. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function refusal(reason: string, row?: number): ImportError {
  return new ImportError("provider_refused", reason, row === undefined ? undefined : { row });
}

/** The same of a text that stands so many places later. */
export function shifted(error: unknown, rows: number): unknown {
  if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
  return new ImportError(error.code, error.reason, { ...error.at, row: error.at.row + rows }, { cause: error });
}

function floats(target: Uint8Array): Float32Array {
  return new Float32Array(target.buffer, target.byteOffset, target.byteLength / 4);
}

function int8s(target: Uint8Array): Int8Array {
  return new Int8Array(target.buffer, target.byteOffset, target.byteLength);
}

function isStored(stored: number, value: number, type: DataType): boolean {
  return type === DataType.Int8Vector ? stored === value : Number.isFinite(stored);
}
