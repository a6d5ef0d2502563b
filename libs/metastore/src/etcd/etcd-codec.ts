import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

// Nearly all calls to etcd are transactions of a few operations. Through descriptors each becomes three kinds of objects on its way, with
// numbers as texts; here it is written and read at once. Source: etcd's rpc.proto and kv.proto.

/** The condition that a key was last written by this revision; 0n: that it is absent. */
export interface Unmoved {
  readonly key: Buffer;
  readonly revision: bigint;
}

/** Operations of a transaction; a put may hang on a lease. */
export type KeyOperation =
  | { readonly put: Buffer; readonly value: Buffer; readonly lease?: string }
  | { readonly delete: Buffer }
  | { readonly get: Buffer };

/** What is done when all conditions hold, and what otherwise. */
export interface Transaction {
  readonly conditions?: readonly Unmoved[];
  readonly success: readonly KeyOperation[];
  readonly failure?: readonly KeyOperation[];
}

/** A key as it was found. */
export interface FoundKey {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly revision: bigint;
  /** 0n: it hangs on none. */
  readonly lease: bigint;
}

/** What became of a transaction. */
export interface Transacted {
  readonly succeeded: boolean;
  /** Of the store afterwards. */
  readonly revision: bigint;
  /** For each operation what it has found: of a put or delete nothing. */
  readonly found: readonly (FoundKey | undefined)[];
}

const [MOD, VARINT, BYTES] = [2, WireType.Varint, WireType.LengthDelimited];
const tag = (field: number, type: WireType) => (field << 3) | type;

/** A `TxnRequest`. */
export function encodeTransaction({ conditions = [], success, failure = [] }: Transaction): Buffer {
  const writer = new BinaryWriter();
  for (const { key, revision } of conditions) {
    writer.uint32(tag(1, BYTES)).fork();
    // Equal is 0, which is left out.
    writer.uint32(tag(2, VARINT)).int32(MOD).uint32(tag(3, BYTES)).bytes(key);
    writer.uint32(tag(6, VARINT)).int64(revision).join();
  }
  for (const operation of success) encodeOperation(writer.uint32(tag(2, BYTES)).fork(), operation).join();
  for (const operation of failure) encodeOperation(writer.uint32(tag(3, BYTES)).fork(), operation).join();
  const { buffer, byteOffset, byteLength } = writer.finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Into a `RequestOp`. */
function encodeOperation(writer: BinaryWriter, operation: KeyOperation): BinaryWriter {
  if ("get" in operation) return writeKey(writer, 1, operation.get).join();
  if ("delete" in operation) return writeKey(writer, 3, operation.delete).join();
  writeKey(writer, 2, operation.put).uint32(tag(2, BYTES)).bytes(operation.value);
  if (operation.lease !== undefined) writer.uint32(tag(3, VARINT)).int64(operation.lease);
  return writer.join();
}

/** Begins a request for a key. */
function writeKey(writer: BinaryWriter, field: number, key: Buffer): BinaryWriter {
  return writer.uint32(tag(field, BYTES)).fork().uint32(tag(1, BYTES)).bytes(key);
}

/** A `TxnResponse`. */
export function decodeTransacted(bytes: Uint8Array): Transacted {
  let [succeeded, revision] = [false, 0n];
  const found: (FoundKey | undefined)[] = [];
  eachField(new BinaryReader(bytes), (field, reader) => {
    if (field === 1) revision = readHeader(reader.bytes());
    else if (field === 2) succeeded = reader.bool();
    else if (field === 3) found.push(readResponse(reader.bytes()));
    else return false;
    return true;
  });
  return { succeeded, revision, found };
}

/** The revision of a `ResponseHeader`. */
function readHeader(bytes: Uint8Array): bigint {
  let revision = 0n;
  eachField(new BinaryReader(bytes), (field, reader) => {
    if (field !== 3) return false;
    revision = BigInt(reader.int64());
    return true;
  });
  return revision;
}

/** The first key of a `ResponseOp` that is a `RangeResponse`. */
function readResponse(bytes: Uint8Array): FoundKey | undefined {
  let found: FoundKey | undefined;
  eachField(new BinaryReader(bytes), (operation, reader) => {
    if (operation !== 1) return false;
    eachField(new BinaryReader(reader.bytes()), (field, range) => {
      if (field !== 2) return false;
      found = readKey(range.bytes());
      return true;
    });
    return true;
  });
  return found;
}

/** A `KeyValue`. */
function readKey(bytes: Uint8Array): FoundKey {
  let [key, value, revision, lease] = [EMPTY, EMPTY, 0n, 0n];
  eachField(new BinaryReader(bytes), (field, reader) => {
    if (field === 1) key = Buffer.from(reader.bytes());
    else if (field === 3) revision = BigInt(reader.int64());
    else if (field === 5) value = Buffer.from(reader.bytes());
    else if (field === 6) lease = BigInt(reader.int64());
    else return false;
    return true;
  });
  return { key, value, revision, lease };
}

const EMPTY = Buffer.alloc(0);

/** @param read takes the value of a field, or says that it does not */
function eachField(reader: BinaryReader, read: (field: number, reader: BinaryReader) => boolean): void {
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!read(field, reader)) reader.skip(type, field);
  }
}
