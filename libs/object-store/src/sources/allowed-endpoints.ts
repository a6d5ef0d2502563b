import { type BlockList, isIP } from "node:net";
import { blockListOf } from "./reachable-addresses.ts";

interface AllowedHost {
  /** In lower case; `*.DOMAIN` for all below it. */
  readonly name: string;
  /** Undefined: any. */
  readonly port: string | undefined;
}

/** Servers that jobs may name as their source. Nothing else is connected to: whoever may import is not whoever runs the server. */
export class AllowedEndpoints {
  /** Ranges of addresses that may be connected to although they are not public. */
  readonly ranges: readonly string[];
  readonly #hosts: readonly AllowedHost[];
  readonly #listed: BlockList;

  /**
   * @param texts `HOST`, `HOST:PORT`, `*.DOMAIN`, an address, or a range of them as `ADDRESS/BITS`
   * @throws {Error} for one that is none
   */
  constructor(texts: readonly string[]) {
    const parsed = texts.map(parseEntry);
    this.ranges = parsed.flatMap(({ range }) => range ?? []);
    this.#hosts = parsed.flatMap(({ host }) => host ?? []);
    // An address with a port opens that port alone.
    this.#listed = blockListOf(parsed.flatMap(({ host, range }) => (host ? [] : (range ?? []))));
  }

  /** Whether the server is listed, by its name or by its address. Where a name leads is looked at when it is resolved. */
  has({ hostname, port, protocol }: URL): boolean {
    const given = port || (protocol === "https:" ? "443" : "80");
    const address = hostname.replace(/^\[|\]$/g, "");
    const family = isIP(address);
    if (family !== 0 && this.#listed.check(address, family === 6 ? "ipv6" : "ipv4")) return true;
    return this.#hosts.some(({ name, port }) => matches(name, hostname) && (port ?? given) === given);
  }
}

function matches(name: string, hostname: string): boolean {
  return name.startsWith("*.") ? hostname.endsWith(name.slice(1)) : name === hostname;
}

function parseEntry(text: string): { host?: AllowedHost; range?: string } {
  if (text.includes("/")) return { range: checkedRange(text) };
  const url = URL.parse(`http://${text.replace(/^\*\./, "any.")}`);
  const isPlain = url && url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain) throw new Error(`"${text}" is no host, HOST:PORT, *.DOMAIN or ADDRESS/BITS`);
  const name = text.startsWith("*.") ? url.hostname.replace(/^any\./, "*.") : url.hostname;
  // A port 80 is none to the parser.
  const port = /:(\d+)$/.exec(text)?.[1];
  const address = name.replace(/^\[|\]$/g, "");
  const bits = { 4: "32", 6: "128" }[isIP(address)];
  return { host: { name, port }, ...(bits && { range: `${address}/${bits}` }) };
}

function checkedRange(text: string): string {
  const [, address, bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = address === undefined ? 0 : isIP(address);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) throw new Error(`"${text}" is no range ADDRESS/BITS`);
  return text;
}
