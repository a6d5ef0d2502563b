import { setTimeout as sleep } from "node:timers/promises";
import type { ServerFixture } from "./server-fixture.ts";

/** As REST answers: 0 or the code of a refusal. */
export interface RestAnswer {
  readonly code: number;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
  readonly data: any;
}

/** Jobs of one kind of a server over REST, the way curl has them. */
export interface RestJobs {
  /** @param path below `/v2/vectordb/jobs/KIND/` */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<RestAnswer>;
  /** Waits for a job's end; its last description. */
  ended(jobId: string): Promise<RestAnswer["data"]>;
  /** Creates a job and waits for its end; its last description. @throws Error when it is refused */
  run(body: object, headers?: Readonly<Record<string, string>>): Promise<RestAnswer["data"]>;
}

/** Calls `jobs/KIND/…`. @throws for an answer other than HTTP 200 */
export function useRest(fixture: Pick<ServerFixture, "url">, kind = "import"): RestJobs {
  const rest: RestJobs = {
    async post(path, body, headers = {}) {
      const response = await fetch(`${fixture.url}/v2/vectordb/jobs/${kind}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`);
      return (await response.json()) as RestAnswer;
    },
    async ended(jobId) {
      for (;;) {
        const { data } = await rest.post("describe", { jobId });
        if (["Completed", "Failed"].includes(data.state)) return data;
        await sleep(20);
      }
    },
    async run(body, headers) {
      const created = await rest.post("create", body, headers);
      if (created.code !== 0) throw new Error(created.message);
      return rest.ended(created.data.jobId);
    },
  };
  return rest;
}

/** Calls below `/v2/vectordb/`. */
export interface RestCalls {
  post(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<RestAnswer>;
  /** What the answer holds. @throws Error when its code is not 0 */
  data(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<RestAnswer["data"]>;
}

/** @param always headers of every call */
export function useRestCalls(
  fixture: Pick<ServerFixture, "url">,
  always: Readonly<Record<string, string>> = {},
): RestCalls {
  const post: RestCalls["post"] = async (path, body = {}, headers = {}) => {
    const response = await fetch(`${fixture.url}/v2/vectordb/${path}`, {
      ...{ method: "POST", body: JSON.stringify(body) },
      headers: { "content-type": "application/json", ...always, ...headers },
    });
    return (await response.json()) as RestAnswer;
  };
  const data: RestCalls["data"] = async (path, body, headers) => {
    const answer = await post(path, body, headers);
    if (answer.code !== 0) throw new Error(`${path}: ${answer.code} ${answer.message}`);
    return answer.data;
  };
  return { post, data };
}
