import { excerpt } from "@sluice/errors";
import { AllowedEndpoints, ReachableAddresses } from "@sluice/object-store";
import { JsonPoster } from "./post-json.ts";
import { ModelParamError } from "./providers/provider.ts";

/** What an operator says of servers that turn text into vectors. Plain data: it crosses to threads. */
export interface EmbeddingSettings {
  /** Servers that functions may name: a host, `*.DOMAIN`, `ADDRESS/BITS`. */
  readonly embeddingEndpoint?: readonly string[] | undefined;
  /** `NAME=KEY`, or `NAME@HOST=KEY` for one that goes to this host alone. */
  readonly embeddingKey?: readonly string[] | undefined;
}

interface Key {
  readonly host: string | undefined;
  readonly key: string;
}

/** Which servers may be asked, and by which keys. Records name keys and never hold one. */
export class ModelServers {
  readonly #allowed: AllowedEndpoints;
  readonly #keys = new Map<string, Key>();
  readonly poster: JsonPoster;

  /** @throws {Error} for settings that are none; a key stands in no message */
  constructor({ embeddingEndpoint = [], embeddingKey = [] }: EmbeddingSettings) {
    this.#allowed = new AllowedEndpoints(embeddingEndpoint);
    this.poster = new JsonPoster(new ReachableAddresses(this.#allowed.ranges, "embedding-endpoint"));
    for (const text of embeddingKey) {
      const [, name, host, key] = /^([\w.-]+)(?:@([^=]+))?=(.+)$/.exec(text) ?? [];
      if (name === undefined || key === undefined)
        throw new Error("setting embedding-key: expected NAME=KEY or NAME@HOST=KEY");
      this.#keys.set(name, { host: host?.toLowerCase(), key });
    }
  }

  /** @throws {ModelParamError} when it is no URL, or not listed */
  check(text: string): void {
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
      throw new ModelParamError(
        `endpoint: [${excerpt(text)}] is not a valid http/https link without user and password`,
      );
    if (this.#allowed.has(url)) return;
    throw new ModelParamError(
      `this server connects to no "${excerpt(url.host)}": its setting --embedding-endpoint lists the servers that functions may name`,
    );
  }

  /**
   * The key of a name; undefined where there is none of the name, unless somebody asked for it.
   * @throws {ModelParamError}
   */
  keyFor(name: string, url: string, isAsked: boolean): string | undefined {
    const found = this.#keys.get(name);
    if (!found) {
      if (!isAsked) return undefined;
      throw new ModelParamError(
        `the setting embedding-key has no "${excerpt(name)}", which the param credential names`,
      );
    }
    const { hostname } = new URL(url);
    if (found.host === undefined || found.host === hostname) return found.key;
    throw new ModelParamError(
      `the key "${excerpt(name)}" of the setting embedding-key is not for ${excerpt(hostname)}`,
    );
  }
}
