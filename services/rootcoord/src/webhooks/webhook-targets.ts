import type { CredentialsKey } from "@sluice/cluster";
import { excerpt, ImportError } from "@sluice/errors";
import { type JobWebhook, newWebhook } from "@sluice/jobs";
import { AllowedEndpoints, ReachableAddresses } from "@sluice/object-store";
import type { JobId } from "@sluice/schema";

const MAX_URL_CHARACTERS = 2048;
/** Why nobody is told. */
export const OTHER_KEY = "the URL of its webhook is sealed with another credentials-key or internal-secret";

/** What the settings say of webhooks. */
export interface WebhookSettings {
  /** Told of the end of every job. */
  readonly webhookUrl?: string;
  readonly webhookSecret?: string;
  /** Servers that imports may name. */
  readonly webhookEndpoint?: readonly string[];
}

/** Who may be told of jobs: whom the operator names, and whom users name among the servers that the operator lists. */
export class WebhookTargets {
  readonly secret: string;
  readonly #own: string | undefined;
  readonly #allowed: AllowedEndpoints;
  readonly #addresses: ReachableAddresses;

  readonly #key: CredentialsKey | undefined;

  /** @param key what URLs are sealed with in records @throws {Error} for settings that contradict each other, or are none */
  constructor({ webhookUrl, webhookSecret = "", webhookEndpoint = [] }: WebhookSettings, key?: CredentialsKey) {
    if (webhookUrl !== undefined && parsed(webhookUrl) === undefined)
      throw new Error("setting webhook-url must be an http or https URL without user and password");
    if (webhookUrl !== undefined && webhookSecret === "")
      throw new Error(
        "setting webhook-url needs webhook-secret: receivers know by the signature who has sent a message",
      );
    if (/^whsec_/.test(webhookSecret) && !/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(webhookSecret))
      throw new Error("setting webhook-secret: behind whsec_ must be at least 16 bytes in base64");
    this.#key = key;
    this.secret = webhookSecret;
    this.#own = webhookUrl;
    this.#allowed = new AllowedEndpoints(webhookEndpoint);
    this.#addresses = new ReachableAddresses(this.#allowed.ranges, "webhook-endpoint");
  }

  /** Whoever is told of the end of a new job. @param asked by the job's option, and checked */
  of(jobId: JobId, asked: readonly string[]): JobWebhook[] {
    const urls = [this.#own, ...asked].filter((url) => url !== undefined);
    return [...new Set(urls)].map((url) => newWebhook(url, this.#key?.seal(url, ownerOf(jobId))));
  }

  /** The URL that stands in a job's record; undefined when it is sealed with another key. */
  urlOf(jobId: JobId, { url, isSealed }: JobWebhook): string | undefined {
    return isSealed ? this.#key?.open(url, ownerOf(jobId)) : url;
  }

  /** @throws {ImportError} `request_invalid` for what is no URL; `path_refused` for a server that is not listed */
  check(asked: string): void {
    const url = parsed(asked);
    if (!url) {
      const reason = `option webhook must be an http or https URL of at most ${MAX_URL_CHARACTERS} characters, without user and password`;
      throw new ImportError("request_invalid", reason);
    }
    if (this.secret === "") {
      const reason = "option webhook: this server signs no messages; its setting --webhook-secret makes it";
      throw new ImportError("path_refused", reason);
    }
    if (this.#allowed.has(url)) return;
    const reason = `option webhook: this server connects to no "${excerpt(url.host)}"; its setting --webhook-endpoint lists the servers that imports may name`;
    throw new ImportError("path_refused", reason);
  }

  /** What looks at the addresses that a URL leads to; undefined for the operator's own. @throws for one that is not reachable */
  addressesOf(url: string): ReachableAddresses | undefined {
    if (url === this.#own) return undefined;
    const target = new URL(url);
    if (!this.#allowed.has(target))
      throw new Error(`the setting webhook-endpoint does not list "${target.host}" any more`);
    this.#addresses.check(target.hostname);
    return this.#addresses;
  }
}

function ownerOf(jobId: JobId): string {
  return `webhook of ${jobId}`;
}

function parsed(text: string): URL | undefined {
  const url = text.length <= MAX_URL_CHARACTERS ? URL.parse(text) : null;
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined;
}
