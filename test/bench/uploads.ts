import { randomFillSync } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { S3ObjectStore } from "@sluice/object-store";
import { pythonOf, runProgram } from "../support/program.ts";
import { type S3Server, startVersityGw, type TlsFiles } from "../support/servers.ts";
import { makeTlsFiles } from "../support/tls-files.ts";
import { makeOnce } from "./datasets.ts";
import { type Figure, median, megabytes } from "./report.ts";
import { flagsOf, placeOf } from "./s3-imports.ts";
import { BenchServer } from "./sluice.ts";
import { medianOf, type Spent, settleDisk, spentHere } from "./spent.ts";

const LIMIT_MS = 10 * 60_000;
/** Of an upload in parts: what the uploader of pymilvus takes for a file of up to 5 GB. */
const PART_BYTES = 5 << 20;
/** Of the first upload, which does not count. */
const WARM_BYTES = 64e6;

type Transport = "tls" | "plain";

interface Places {
  readonly folder: string;
  readonly importRoot: string;
  readonly rounds: number;
}

/** Where minio's client uploads to. */
interface Target {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly env: Readonly<Record<string, string>>;
  /** Processes that serve it. */
  readonly pids: readonly number[];
}

/** Of the client, and of the processes that serve it. */
interface Upload extends Spent {
  readonly serverCpuMs: number;
}

/**
 * One file through the upload gateway, beside the same upload straight to the store, in turn: into S3 (versitygw) by TLS, as
 * released uploaders speak, and without; and into a folder, beside a copy of the file.
 */
export async function uploadFigures(places: Places, bytes: number, note: (figure: Figure) => void): Promise<void> {
  const [file, few] = [bytes, Math.min(bytes, WARM_BYTES)].map((size) => randomFile(places.importRoot, size));
  const folder = join(places.folder, "upload");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tls = await makeTlsFiles(folder);
  const work = { ...places, tls, file, few };
  for (const transport of ["tls", "plain"] as const) await uploadToS3({ ...work, transport }, note);
  await uploadToFolder({ ...work, transport: "tls" }, note);
}

interface Work extends Places {
  readonly tls: TlsFiles;
  readonly file: string;
  /** A smaller file, by which a server compiles its code. */
  readonly few: string;
  readonly transport: Transport;
}

async function uploadToS3(work: Work, note: (figure: Figure) => void): Promise<void> {
  const { folder, rounds, tls, transport } = work;
  await using behind = await startVersityGw();
  await using straight = await startVersityGw(transport === "tls" ? { tls } : {});
  for (const s3 of [behind, straight]) await createBucket(s3, tls);
  const flags = [...flagsOf(placeOf(behind)), "--tls-cert", tls.cert, "--tls-key", tls.key];
  await using server = await BenchServer.start(join(folder, "sluice"), undefined, 2, { flags });
  await server.post("/v2/volumes/create", { volumeName: "bench" });
  await upload({ ...work, file: work.few }, await gateway(server, []));
  const [through, direct]: [Upload[], Upload[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    direct.push(await upload(work, straightTo(straight)));
    through.push(await upload(work, await gateway(server, [behind.server.pid])));
  }
  const name = `upload to S3, ${transport === "tls" ? "TLS" : "no TLS"}`;
  noteUploads(work, name, "straight to versitygw", direct, through, note);
}

async function uploadToFolder(work: Work, note: (figure: Figure) => void): Promise<void> {
  const { folder, importRoot, rounds, tls, file } = work;
  const flags = ["--tls-cert", tls.cert, "--tls-key", tls.key];
  await using server = await BenchServer.start(join(folder, "sluice"), importRoot, 2, { flags });
  await server.post("/v2/volumes/create", { volumeName: "bench" });
  await upload({ ...work, file: work.few }, await gateway(server, []));
  const [through, direct]: [Upload[], Upload[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    settleDisk();
    direct.push({ ...(await spentHere(() => copyFile(file, join(folder, "upload/copy")))), serverCpuMs: 0 });
    through.push(await upload(work, await gateway(server, [])));
  }
  noteUploads(work, "upload into a folder, TLS", "a copy of the file, synced", direct, through, note);
}

function noteUploads(
  { file }: Work,
  name: string,
  alternative: string,
  direct: readonly Upload[],
  through: readonly Upload[],
  note: (figure: Figure) => void,
): void {
  const bytes = statSync(file).size;
  const work = `${name}, ${megabytes(bytes)}`;
  const [one, other] = [medianOf(through), medianOf(direct)];
  const value = ({ ms, cpuMs }: Spent, all: readonly Upload[]) => {
    const served = median(all.map(({ serverCpuMs }) => serverCpuMs));
    return `${(bytes / 1000 / ms).toFixed(0)} MB/s, CPU s: ${(cpuMs / 1000).toFixed(2)} and ${(served / 1000).toFixed(2)}`;
  };
  note({ work, what: "through the gateway; CPU of client, and of servers", value: value(one, through) });
  note({ work, what: alternative, value: value(other, direct) });
  const isAsked = name.startsWith("upload to S3");
  note({
    work,
    what: "speed of the gateway beside that",
    value: (other.ms / one.ms).toFixed(2),
    ...(isAsked && { target: "0.7" }),
  });
}

/** One upload by minio's client, in a process of its own. */
async function upload({ tls, file, transport }: Work, { endpoint, bucket, key, env, pids }: Target): Promise<Upload> {
  const args = [
    join(import.meta.dirname, "alternatives/upload.py"),
    endpoint,
    transport,
    bucket,
    key,
    file,
    `${PART_BYTES}`,
  ];
  settleDisk();
  const before = cpuMsOf(pids);
  const all = { SSL_CERT_FILE: tls.ca, ...env };
  const { exitCode, output } = await runProgram(pythonOf("pymilvus-2.6.17"), args, LIMIT_MS, all);
  const serverCpuMs = cpuMsOf(pids) - before;
  const [, ms, cpuMs] = /^took (\S+) ms, CPU (\S+) ms$/m.exec(output) ?? [];
  if (exitCode !== 0 || !ms) throw new Error(`the upload did not end: ${output.slice(-2000)}`);
  return { ms: Number(ms), cpuMs: Number(cpuMs), serverCpuMs };
}

function straightTo({ endpoint, accessKeyId, secretAccessKey, server }: S3Server): Target {
  const env = { ACCESS_KEY: accessKeyId, SECRET_KEY: secretAccessKey };
  return { endpoint: new URL(endpoint).host, bucket: "bench", key: "straight.bin", env, pids: [server.pid] };
}

/** What the server grants to an uploader. @param behind processes that work for the server */
async function gateway(server: BenchServer, behind: readonly number[]): Promise<Target> {
  const grant = (await server.post("/v2/volumes/apply", { volumeName: "bench", path: "" })) as Grant;
  const { tmpAK, tmpSK, sessionToken } = grant.credentials;
  const env = { ACCESS_KEY: tmpAK, SECRET_KEY: tmpSK, SESSION_TOKEN: sessionToken };
  const key = `${grant.volumePrefix}through.bin`;
  return { endpoint: server.address, bucket: grant.bucketName, key, env, pids: [server.pid, ...behind] };
}

interface Grant {
  readonly bucketName: string;
  readonly volumePrefix: string;
  readonly credentials: { readonly tmpAK: string; readonly tmpSK: string; readonly sessionToken: string };
}

async function createBucket(s3: S3Server, { ca }: TlsFiles): Promise<void> {
  await using store = await S3ObjectStore.open({ ...placeOf(s3), caPem: readFileSync(ca, "utf8") });
  await store.createBucket();
}

function cpuMsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) =>
    readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" "),
  );
  return ticks.reduce((sum, fields) => sum + 10 * (Number(fields[11]) + Number(fields[12])), 0);
}

function randomFile(folder: string, bytes: number): string {
  const path = join(folder, `random-${bytes}.bin`);
  const block = new Uint8Array(1 << 20);
  makeOnce(path, (part) => {
    const file = openSync(part, "w");
    for (let at = 0; at < bytes; at += block.length)
      writeSync(file, randomFillSync(block), 0, Math.min(block.length, bytes - at));
    closeSync(file);
  });
  return path;
}

function copyFile(from: string, to: string): void {
  rmSync(to, { force: true });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  const file = openSync(to, "r");
  fsyncSync(file);
  closeSync(file);
}
