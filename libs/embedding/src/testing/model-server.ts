import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came. */
export interface AskedModel {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly inputs?: readonly string[];
    readonly input?: readonly string[];
    readonly [key: string]: unknown;
  };
}

/** Status 200 and JSON unless given. */
export interface ModelAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: nothing is answered. */
  readonly body: unknown;
}

/** A vector that tells texts apart: how many of their letters have each number. */
export function vectorOf(text: string, dim: number): number[] {
  const vector = new Array<number>(dim).fill(0);
  for (const letter of text) vector[(letter.codePointAt(0) as number) % dim] += 0.5;
  return vector;
}

/** A server of a model for tests, on a free port of the machine, as TEI and OpenAI have it. */
export class ModelServer implements AsyncDisposable {
  readonly asked: AskedModel[] = [];
  /** Answers instead of the model, where it answers anything. */
  instead: ((asked: AskedModel, texts: readonly string[]) => ModelAnswer | undefined) | undefined;
  /** Requests at once, at most so far. */
  mostAtOnce = 0;
  readonly #server: Server;
  readonly #dim: number;
  #atOnce = 0;

  private constructor(dim: number) {
    this.#dim = dim;
    this.#server = createServer(async (request, response) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
      const parts: Buffer[] = await Array.fromAsync(request);
      const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as AskedModel["body"];
      const asked = { path: request.url ?? "", headers: request.headers, body };
      this.asked.push(asked);
      const { status = 200, headers = {}, body: answer } = this.#answer(asked);
      this.#atOnce--;
      if (answer === undefined) return;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  }

  /** On a free port of loopback. @param dim of the vectors that it answers */
  static async open(dim: number): Promise<ModelServer> {
    const model = new ModelServer(dim);
    await new Promise<void>((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    return model;
  }

  /** Without a path. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(asked: AskedModel): ModelAnswer {
    const texts = asked.body.inputs ?? asked.body.input ?? [];
    const instead = this.instead?.(asked, texts);
    if (instead) return instead;
    const vectors = texts.map((text) => vectorOf(text, this.#dim));
    if (asked.body.inputs) return { body: vectors };
    // Out of order, as the API allows.
    return { body: { data: vectors.map((embedding, index) => ({ embedding, index })).reverse() } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
