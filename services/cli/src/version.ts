import { readFileSync } from "node:fs";

/** Of Sluice; all packages have the same. That of libs/cluster is not for commands of clients, which load nothing of a server. */
export const version: string = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
