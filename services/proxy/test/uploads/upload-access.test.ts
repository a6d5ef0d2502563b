import { describe, expect, it } from "@jest/globals";
import { okStatus, volume } from "@sluice/rpc";
import { accessOf } from "../../src/uploads/upload-access.ts";
import type { VolumeClient } from "../../src/volumes/volume-operations.ts";
import { prefixOfVolume } from "../../src/volumes/volume-views.ts";

const DAY = 24 * 3600_000;

/** A rootcoord that knows one token, which ended so long ago. */
function clientOf(endedMsAgo: number): VolumeClient {
  const known = { isValid: true, accessKeyId: "VSX", secretAccessKey: "s", expiresMs: BigInt(Date.now() - endedMsAgo) };
  const checkUpload = async ({ sessionToken }: volume.CheckUploadRequest) =>
    volume.CheckUploadResponse.fromPartial({ status: okStatus(), ...(sessionToken === "token" && known) });
  return { checkUpload } as VolumeClient;
}

const request = (token: string) => ({
  ...{
    method: "PUT",
    url: "/sluice-volumes/x",
    key: "x",
    query: new Map(),
    headers: { authorization: `Bearer ${token}` },
  },
  ...{
    body: (async function* () {})(),
    goOn: () => undefined,
    address: "::1",
    identified: () => undefined,
    signal: new AbortController().signal,
  },
});

const outcome = (endedMsAgo: number, isLate: boolean, token = "token") =>
  accessOf(clientOf(endedMsAgo), request(token), { isLate }).then(
    ({ grant }) => grant.accessKeyId,
    ({ code }) => code,
  );

it("whoever has asked for the credentials is told of, with the file, once both are known to be true", async () => {
  const told: object[] = [];
  const client = clientOf(-1000);
  const known = await client.checkUpload({ sessionToken: "token" });
  const checkUpload = async () => ({ ...known, user: "ann", volumeName: "books", volumeId: "7" });
  const key = `${prefixOfVolume("7")}a/b.json`;
  const asked = { ...request("token"), key, identified: (about: object) => void told.push(about) };
  await accessOf({ ...client, checkUpload } as VolumeClient, asked);
  await accessOf(clientOf(1000), asked).catch(() => undefined);
  expect(told).toEqual([{ user: "ann", file: "books/a/b.json" }]);
});

describe("credentials", () => {
  it("end with their time, and for uploads in parts a day later", async () => {
    expect(await outcome(-1000, false)).toBe("VSX");
    expect(await outcome(1000, false)).toBe("ExpiredToken");
    expect(await outcome(DAY - 60_000, true)).toBe("VSX");
    expect(await outcome(DAY + 1000, true)).toBe("ExpiredToken");
  });

  it("are those of the server alone", async () => {
    expect(await outcome(-1000, false, "other")).toBe("InvalidAccessKeyId");
  });
});
