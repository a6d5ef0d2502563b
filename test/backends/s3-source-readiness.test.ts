import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { S3Credentials } from "@sluice/object-store";
import { eventually, launchSluice, TemporaryFolders, type TestServer } from "../support/index.ts";
import { describeWithS3, type S3Fixture, startS3 } from "./s3-support.ts";

describeWithS3("sources that refuse", () => {
  const folders = new TemporaryFolders();
  let s3: S3Fixture;
  let server: TestServer;

  beforeAll(async () => {
    s3 = await startS3();
    const { endpoint, bucket } = s3.options;
    const { accessKeyId, secretAccessKey } = s3.options.credentials as S3Credentials;
    const own = [`--s3=${endpoint}`, `--s3-bucket=${bucket}`, `--s3-access-key=${accessKeyId}`];
    const sources = [
      `--source=same=s3://${bucket}/books`,
      `--source=gone=s3://${bucket}-gone`,
      `--source=locked=s3://${bucket}/books?endpoint=${endpoint}`,
    ];
    server = launchSluice("standalone", ["--port=0", ...own, `--s3-secret-key=${secretAccessKey}`, ...sources], {
      cwd: await folders.create(),
      env: { SLUICE_SOURCE_LOCKED_ACCESS_KEY: accessKeyId, SLUICE_SOURCE_LOCKED_SECRET_KEY: "another" },
    });
    await server.ready();
  });
  afterAll(async () => {
    await server?.stop();
    await s3?.[Symbol.asyncDispose]();
    await folders[Symbol.asyncDispose]();
  });

  const readiness = async () => {
    const answer = await fetch(`http://${server.address}/readyz`);
    return [answer.status, (await answer.text()).split("\n").toSorted()];
  };
  const gone = expect.stringMatching(
    /^degraded: source "gone": object_store_refused: cannot open the bucket ".*-gone": .*bucket/,
  );
  const locked = expect.stringMatching(
    /^degraded: source "locked": object_store_refused: cannot open the bucket .*secret key/,
  );
  const up = async () =>
    (await (await fetch(`http://${server.address}/metrics`)).text()).match(/^sluice_source_up.*$/gm)?.toSorted();

  it("leave the process ready, and are told with their reasons, each in one log line and its metric", async () => {
    await eventually(async () => expect(await readiness()).toEqual([200, ["OK", gone, locked]]), 20_000);
    await eventually(async () =>
      expect(await up()).toEqual([
        'sluice_source_up{source="gone"} 0',
        'sluice_source_up{source="import-bucket"} 1',
        'sluice_source_up{source="locked"} 0',
        'sluice_source_up{source="same"} 1',
      ]),
    );
    // The log comes by a way of its own.
    await eventually(async () => {
      const told = server.stderr.split("\n").filter((line) => line.includes("a backend does not serve"));
      expect(told.map((line) => JSON.parse(line).backend).toSorted()).toEqual(['source "gone"', 'source "locked"']);
    });
  });

  it("are forgotten once they serve", async () => {
    await using store = await s3.open({ bucket: `${s3.options.bucket}-gone` });
    await store.createBucket();
    await eventually(async () => expect(await readiness()).toEqual([200, ["OK", locked]]), 20_000);
  });
});
