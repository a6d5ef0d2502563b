import { giveSpareMemory } from "@sluice/async";
import { CountingReader } from "./counting-reader.ts";
import { InsertRequest, MilvusServiceService, UpsertRequest } from "./gen/milvus.ts";

// Rows of clients go from their bytes straight into columns: messages made of them would be written again to be read that way,
// and copies of half a megabyte each make the collector run.

/** Of `fields_data`, in both requests. */
const FIELDS_DATA_TAG = (5 << 3) | 2;

const fieldsOf = new WeakMap<object, readonly Uint8Array[]>();

/** The serialized `FieldData` of a request of `unreadFieldsService`, as they came: views of its bytes. */
export function fieldBytesOf(request: InsertRequest | UpsertRequest): readonly Uint8Array[] {
  return fieldsOf.get(request) ?? [];
}

/** Pieces of a connection, and pools of small buffers, have this at most. What is larger is a message alone. */
const SHARED_BYTES = 128 << 10;

/** Gives the memory of a large request back, whose fields nobody reads any more: they are empty afterwards. */
export function releaseFields(request: InsertRequest | UpsertRequest): void {
  const [{ buffer } = new Uint8Array(0)] = fieldBytesOf(request);
  if (buffer.byteLength > SHARED_BYTES) giveSpareMemory(new Uint8Array(buffer));
}

/** Reads a request but for its fields; nothing of it is copied for that, however large the other members are. */
function unread<T extends object>(codec: { decode(reader: CountingReader): T }) {
  return {
    requestDeserialize: (input: Buffer | CountingReader): T => {
      const reader = input instanceof CountingReader ? input : new CountingReader(input, () => undefined);
      const fields: Uint8Array[] = [];
      const ends = new Map<number, number>();
      while (reader.pos < reader.len) {
        const from = reader.pos;
        const tag = reader.uint32();
        if (tag === FIELDS_DATA_TAG) {
          fields.push(reader.bytes());
          ends.set(from, reader.pos);
        } else reader.skip(tag & 7, tag >>> 3);
      }
      reader.restartWithout(ends);
      const request = codec.decode(reader);
      fieldsOf.set(request, fields);
      return request;
    },
  };
}

/** The service of Milvus, whose inserts and upserts come with their fields unread: `fieldsData` is empty. */
export const unreadFieldsService: typeof MilvusServiceService = {
  ...MilvusServiceService,
  insert: { ...MilvusServiceService.insert, ...unread(InsertRequest) },
  upsert: { ...MilvusServiceService.upsert, ...unread(UpsertRequest) },
};
