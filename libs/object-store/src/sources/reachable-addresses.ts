import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Networks that a name of the internet has no business in: the machine itself, private and shared ones, link-local (where clouds
 * keep the credentials of their machines), and what carries such an address in another. Source: IANA special-purpose address
 * registries.
 */
const NOT_PUBLIC = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b::/96"],
  ...["64:ff9b:1::/48", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
];

const notPublic = blockListOf(NOT_PUBLIC);

/** Which addresses may be connected to: public ones, and those of the ranges that an operator listed. */
export class ReachableAddresses {
  readonly #listed: BlockList;
  readonly #setting: string;

  /**
   * @param ranges `ADDRESS/BITS`
   * @param setting that lists them, for refusals
   * @throws {Error} for a range that is none
   */
  constructor(ranges: readonly string[], setting = "data-source-endpoint") {
    this.#listed = blockListOf(ranges);
    this.#setting = setting;
  }

  /** Whether it is one of the internet, or listed. @param address an IPv4 or IPv6 address, no name */
  has(address: string): boolean {
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    return !notPublic.check(address, family) || this.#listed.check(address, family);
  }

  /** @throws {AddressRefused} for an address; a name passes, and is looked at when it is resolved */
  check(host: string): void {
    const address = host.replace(/^\[|\]$/g, "");
    if (isIP(address) !== 0 && !this.has(address)) throw new AddressRefused(host, this.#setting);
  }

  /**
   * Resolves names for sockets: what is connected to is what was looked at, whatever a name server says next. A name with one
   * address that may not be reached is refused as a whole.
   */
  readonly lookup: LookupFunction = (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      if (addresses.some(({ address }) => !this.has(address)))
        return callback(new AddressRefused(name, this.#setting), "");
      if (options.all) return callback(null, addresses);
      return callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

/** A host that stands for an address which may not be reached. */
export class AddressRefused extends Error {
  readonly code = "AddressRefused";
  constructor(host: string, setting: string) {
    const cure = "add a range ADDRESS/BITS that has it, beside its name";
    super(`"${host}" stands for an address that is not public, and that the setting ${setting} does not list: ${cure}`);
  }
}

/** @param ranges `ADDRESS/BITS` */
export function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}
