/** What the server answers that is not what was asked for, in its words. */
export class RefusedError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What every answer has. */
interface Answer {
  readonly code?: number;
  readonly message?: string;
}

function refusalOf({ status }: Response, { code = status, message = "no answer" }: Answer): RefusedError {
  return new RefusedError(code, message);
}

function isOf({ headers }: Response, type: string): boolean {
  return headers.get("content-type")?.startsWith(type) ?? false;
}

/** Who calls, and what happens when that is not enough. */
export interface RestClientOptions {
  /** `USER:PASSWORD`; undefined: nobody. */
  readonly token: () => string | undefined;
  readonly database: () => string;
  /** The server wants to know who calls, or does not know the one who did. */
  readonly onUnknownCaller: () => void;
  /** For tests. */
  readonly fetch?: typeof fetch;
}

/** REST v2 of the server that the page came from. */
export class RestClient {
  readonly #options: RestClientOptions;
  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /** The `data` of an answer. @param path below `/v2/vectordb/` @throws {RefusedError} */
  async post<T>(path: string, body: object = {}, signal?: AbortSignal): Promise<T> {
    const response = await this.#post(path, body, signal);
    const answer = (await response.json()) as Answer & { readonly data?: T };
    if (answer.code !== 0) throw refusalOf(response, answer);
    return answer.data as T;
  }

  /** An answer that is a file. @throws {RefusedError} */
  async file(path: string, body: object): Promise<Response> {
    const response = await this.#post(path, body);
    if (!isOf(response, "application/json")) return response;
    throw refusalOf(response, (await response.json()) as Answer);
  }

  #post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    return this.#fetch(`/v2/vectordb/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dbName: this.#options.database(), ...body }),
      ...(signal && { signal }),
    });
  }

  /** A stream of events. @throws {RefusedError} */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(`/v2/vectordb/${path}`, { signal });
    if (isOf(response, "text/event-stream") && response.body) return response.body;
    throw refusalOf(response, (await response.json()) as Answer);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { token, onUnknownCaller, fetch: send = fetch } = this.#options;
    const known = token();
    const headers = { ...init.headers, ...(known !== undefined && { authorization: `Bearer ${known}` }) };
    const response = await send(path, { ...init, headers });
    // Somebody else may have logged in meanwhile.
    if (response.status === 401 && token() === known) onUnknownCaller();
    return response;
  }
}
