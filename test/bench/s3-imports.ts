import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";
import { startVersityGw } from "../support/servers.ts";
import { type Builds, type Cost, costOf, noteBuilds } from "./builds.ts";
import type { Dataset } from "./datasets.ts";
import type { Figure } from "./report.ts";
import { BenchServer } from "./sluice.ts";

/** Bytes that one object is uploaded in pieces of. */
const pieceBytes = 64 << 20;

/**
 * The same imports from and to S3 by another build and by this one, in turn, each on a fresh server that has done the same
 * before. The S3 server, versitygw, works beside them and is not counted.
 */
export async function compareOnS3(
  builds: Builds,
  work: { readonly folder: string; readonly rounds: number },
  sets: readonly { readonly name: string; readonly set: Dataset; readonly workers: number }[],
  note: (figure: Figure) => void,
): Promise<void> {
  await using s3 = await startVersityGw();
  const options = placeOf(s3);
  await using store = await S3ObjectStore.open(options);
  await store.createBucket();
  const flags = flagsOf(options);
  for (const { name, set, workers } of sets) {
    const files = await uploaded(store, set);
    const costs = { before: [] as Cost[], now: [] as Cost[] };
    for (let round = 0; round < work.rounds; round++)
      for (const which of ["before", "now"] as const) {
        {
          await using server = await BenchServer.start(join(work.folder, which), undefined, workers, {
            build: builds[which],
            flags,
          });
          await costOf(server, { ...set, files }, "warm");
          costs[which].push(await costOf(server, { ...set, files }));
        }
        await deleteBelow(store, "files/");
      }
    noteBuilds(`${name} from S3`, set, costs, note);
    await store.delete(files);
  }
}

/** A server's, whose segments and imports lie there. */
export function flagsOf({ endpoint, bucket, credentials }: ReturnType<typeof placeOf>): string[] {
  return [
    ...["--s3", endpoint, "--s3-bucket", bucket, "--import-bucket", bucket],
    ...["--s3-access-key", credentials.accessKeyId, "--s3-secret-key", credentials.secretAccessKey],
  ];
}

/** A bucket of its own. */
export function placeOf(s3: { endpoint: string; accessKeyId: string; secretAccessKey: string }) {
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  return {
    ...{ endpoint, region: "us-east-1", bucket: "bench", prefix: "", pathStyle: true, checksums: "crc32" },
    credentials: { accessKeyId, secretAccessKey },
    maxSockets: 64,
  } satisfies S3Options;
}

/** The set's files as objects; their keys. */
export async function uploaded(store: S3ObjectStore, { files }: Dataset): Promise<string[]> {
  const keys: string[] = [];
  for (const file of files) {
    const key = `source/${basename(dirname(file))}/${basename(file)}`;
    await store.put(key, piecesOf(file));
    keys.push(key);
  }
  return keys;
}

/** All of a file, which may be larger than one buffer. */
function piecesOf(file: string): Buffer[] {
  const [fd, { size }] = [openSync(file, "r"), statSync(file)];
  const pieces: Buffer[] = [];
  for (let at = 0; at < size; at += pieceBytes) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - at));
    if (readSync(fd, piece) < piece.length) throw new Error(`${file} has become shorter`);
    pieces.push(piece);
  }
  closeSync(fd);
  return pieces;
}

async function deleteBelow(store: S3ObjectStore, prefix: string): Promise<void> {
  const keys = await Array.fromAsync(store.list(prefix), ({ key }) => key);
  await store.delete(keys);
}
