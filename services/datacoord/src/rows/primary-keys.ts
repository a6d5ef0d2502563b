import { COLLECTIONS, RecordReader } from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";
import { decodeStoredSchema } from "@sluice/rpc";
import { type CollectionId, type FieldSchema, primaryKeyIndex } from "@sluice/schema";

/** Primary keys of collections, as their records say now. */
export class PrimaryKeys {
  readonly #collections;

  constructor(store: MetaStore) {
    this.#collections = new RecordReader(store, COLLECTIONS);
  }

  /** Undefined where the collection is gone. */
  async of(collectionId: CollectionId): Promise<FieldSchema | undefined> {
    const collection = await this.#collections.get(collectionId);
    if (!collection) return undefined;
    const schema = decodeStoredSchema(Buffer.from(collection.record.storedSchema, "base64"), []);
    return schema.fields[primaryKeyIndex(schema)];
  }
}
