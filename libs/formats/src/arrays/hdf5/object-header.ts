import { malformed } from "../one-file.ts";
import { addressAt, byteAt, type Hdf5File, textOf, uint16At, uint32At, uintAt } from "./hdf5-file.ts";

/** One message of an object header: what kind it is, and its content. */
export interface HeaderMessage {
  readonly type: number;
  /** The content stands elsewhere, for several objects. */
  readonly isShared: boolean;
  readonly data: DataView;
}

/** Those that are looked at. Source: HDF5 file format, IV.A.2. */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFill: 0x04,
  fill: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const MAX_MESSAGES = 65_536;
const MAX_BLOCKS = 1024;

/** A block of messages, and how they stand in it. */
interface Block {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/** The messages of an object. @throws {ImportError} `malformed_file` */
export async function readObjectHeader(file: Hdf5File, address: number): Promise<HeaderMessage[]> {
  const start = await file.read(address, 16, "an object header");
  const isNew = textOf(start, 0, 4) === "OHDR";
  if (!isNew && byteAt(start, 0) !== 1) throw malformed("an object header is of no known version", file.base + address);
  const hasOrder = isNew && (byteAt(start, 5) & 4) !== 0;
  const messages: HeaderMessage[] = [];
  const blocks = [
    isNew ? await newBlock(file, address, start) : await oldBlock(file, address + 16, uint32At(start, 8)),
  ];
  for (let i = 0; i < blocks.length; i++) {
    for (const message of messagesIn(blocks[i], isNew, hasOrder)) {
      messages.push(message);
      if (messages.length > MAX_MESSAGES || blocks.length > MAX_BLOCKS)
        throw malformed("an object header has no end", file.base + address);
      if (message.type === messageTypes.continuation) blocks.push(await continued(file, message, isNew));
    }
  }
  return messages;
}

async function oldBlock(file: Hdf5File, address: number, bytes: number): Promise<Block> {
  return { view: await file.read(address, bytes, "an object header"), at: 0, end: bytes };
}

/** Behind the flags may stand times and limits, then the size of the messages. */
async function newBlock(file: Hdf5File, address: number, start: DataView): Promise<Block> {
  const flags = byteAt(start, 5);
  const sizeAt = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const size = uintAt(await file.read(address + sizeAt, sizeBytes, "an object header"), 0, sizeBytes);
  const view = await file.read(address + sizeAt + sizeBytes, size, "an object header");
  return { view, at: 0, end: size };
}

async function continued(file: Hdf5File, { data }: HeaderMessage, isNew: boolean): Promise<Block> {
  const [address, bytes] = [addressAt(data, 0), addressAt(data, 8)];
  if (!isNew) return oldBlock(file, address, bytes);
  const view = await file.readSigned(address, bytes, "OCHK", "a part of an object header");
  // A checksum ends it.
  return { view, at: 4, end: bytes - 4 };
}

function* messagesIn({ view, at, end }: Block, isNew: boolean, hasOrder: boolean): Generator<HeaderMessage> {
  const headBytes = isNew ? 4 + (hasOrder ? 2 : 0) : 8;
  for (let next = at; next + headBytes <= end; ) {
    const type = isNew ? byteAt(view, next) : uint16At(view, next);
    const size = uint16At(view, next + (isNew ? 1 : 2));
    const flags = byteAt(view, next + (isNew ? 3 : 4));
    const dataAt = next + headBytes;
    if (dataAt + size > end) throw malformed("a message of an object header is longer than the header", 0);
    yield { type, isShared: (flags & 2) !== 0, data: new DataView(view.buffer, view.byteOffset + dataAt, size) };
    next = dataAt + size;
  }
}
