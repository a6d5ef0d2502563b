/** What the server answers over REST that is not what was asked for. */
export class RefusedError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody answers at the address. */
export class UnreachableError extends Error {}

/** The REST interface of a running server. */
export class RestClient {
  readonly #base: string;
  readonly #database: string;
  readonly #token: string | undefined;

  /**
   * @param address `HOST:PORT`, or a URL
   * @param token `USER:PASSWORD`
   */
  constructor(address: string, database: string, token?: string) {
    this.#token = token;
    this.#base = /^https?:\/\//.test(address) ? address.replace(/\/+$/, "") : `http://${address}`;
    this.#database = database;
  }

  /**
   * The `data` of an answer.
   * @param path below `/v2/vectordb/`, or whole
   * @throws {RefusedError} in the server's words; {UnreachableError}
   */
  async post<T>(path: string, body: object): Promise<T> {
    return dataOf(await this.#send("POST", path, body));
  }

  /** The same of what is only asked for. */
  async get<T>(path: string): Promise<T> {
    return dataOf(await this.#send("GET", path));
  }

  /** Finds out whether anybody answers, at once: gRPC would wait for it. @throws {UnreachableError} */
  async reach(): Promise<void> {
    await this.probe("/healthz");
  }

  /** What a path for who runs the server says, and when, by the server's clock. @throws {UnreachableError} */
  async probe(path: string): Promise<{ status: number; text: string; dateMs: number | undefined }> {
    const response = await this.#send("GET", path);
    const date = response.headers.get("date");
    return { status: response.status, text: await response.text(), dateMs: date ? Date.parse(date) : undefined };
  }

  /** The bytes of an answer that is a file. @throws as `post` */
  async download(path: string, body: object): Promise<Uint8Array> {
    const response = await this.#send("POST", path, body);
    if (response.headers.get("content-type")?.startsWith("application/json")) {
      const { code, message = "" } = (await response.json()) as { code: number; message?: string };
      throw new RefusedError(code, message);
    }
    return response.bytes();
  }

  async #send(method: "GET" | "POST", path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json", "db-name": this.#database };
    if (this.#token) headers.authorization = `Bearer ${this.#token}`;
    try {
      const url = `${this.#base}${path.startsWith("/") ? path : `/v2/vectordb/${path}`}`;
      return await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message;
      if (/CERT|UNABLE_TO/.test(cause))
        throw new UnreachableError(
          `the certificate of ${this.#base} is not trusted (${cause}): name it, or its authority's, by NODE_EXTRA_CA_CERTS=FILE`,
        );
      throw new UnreachableError(
        `no Sluice answers at ${this.#base} (${cause}): start one with "sluice standalone", or name its address with --address`,
      );
    }
  }
}

async function dataOf<T>(response: Response): Promise<T> {
  const { code, message, data } = (await response.json()) as { code: number; message?: string; data: T };
  if (code !== 0) throw new RefusedError(code, message ?? `code ${code}`);
  return data;
}
