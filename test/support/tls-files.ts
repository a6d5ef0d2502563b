import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TlsFiles } from "./servers.ts";

const run = promisify(execFile);

/** A certificate authority and a certificate of it for 127.0.0.1, good for servers and clients, made by openssl. */
export async function makeTlsFiles(folder: string): Promise<TlsFiles> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run("openssl", args);
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await openssl("req", "-x509", ...key, "-subj", "/CN=Sluice tests", "-keyout", file("ca.key"), "-out", file("ca.crt"));
  await openssl(
    "req",
    ...key.slice(0, 3),
    "-subj",
    "/CN=127.0.0.1",
    "-keyout",
    file("key.pem"),
    "-out",
    file("csr.pem"),
  );
  await writeFile(file("names.txt"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  const signer = ["-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-CAcreateserial", "-extfile", file("names.txt")];
  await openssl("x509", "-req", "-days", "2", "-in", file("csr.pem"), ...signer, "-out", file("cert.pem"));
  return { ca: file("ca.crt"), cert: file("cert.pem"), key: file("key.pem") };
}
