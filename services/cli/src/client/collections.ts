import { type Client, checkStatus, connectClient, milvus, type Row, rowsOf, schema } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";

/** A field as `jobs/import/inspect` proposes it. */
export interface ProposedField {
  readonly fieldName: string;
  readonly dataType: string;
  readonly elementDataType?: string;
  readonly isPrimary?: boolean;
  readonly nullable?: boolean;
  readonly elementTypeParams?: Readonly<Record<string, string>>;
}

/** A collection as `inspect` proposes it: enough to create it and to import into it. */
export interface ProposedSchema {
  readonly autoId: boolean;
  readonly enableDynamicField: boolean;
  readonly fields: readonly ProposedField[];
  readonly indexParams: readonly { readonly fieldName: string; readonly metricType: string }[];
  /** Options that an import into it needs. */
  readonly options?: Readonly<Record<string, string>>;
  /** Columns that nothing takes, with what they hold, or why they are not read. */
  readonly unsupported?: readonly { readonly column: string; readonly type: string }[];
}

/** What the command asks over gRPC, as any client of Milvus would. */
export class Collections implements Disposable {
  readonly #client: Client<milvus.MilvusServiceClient>;
  readonly #dbName: string;

  /**
   * @param address `HOST:PORT`, or a URL; one of `https` is spoken to by TLS
   * @param token `USER:PASSWORD`
   */
  constructor(address: string, dbName: string, token?: string) {
    const place = address.replace(/^http:\/\//, "").replace(/\/+$/, "");
    const headers: Record<string, string> = token ? { authorization: Buffer.from(token).toString("base64") } : {};
    this.#client = connectClient(milvus.MilvusServiceClient, place, headers);
    this.#dbName = dbName;
  }

  /** What the server says of itself. */
  async version(): Promise<string> {
    const answer = await this.#client.getVersion(milvus.GetVersionRequest.fromPartial({}));
    checkStatus(answer.status);
    return answer.version;
  }

  /** Whether there is a collection, or an alias, of this name. @throws {StatusError} */
  async has(collectionName: string): Promise<boolean> {
    const request = milvus.HasCollectionRequest.fromPartial({ dbName: this.#dbName, collectionName });
    const { status, value } = await this.#client.hasCollection(request);
    checkStatus(status);
    return value;
  }

  /** Names of the database's collections, sorted. @throws {StatusError} */
  async list(): Promise<string[]> {
    const answer = await this.#client.showCollections(
      milvus.ShowCollectionsRequest.fromPartial({ dbName: this.#dbName }),
    );
    checkStatus(answer.status);
    return [...answer.collectionNames].sort();
  }

  /** Its fields in few words, and its rows. */
  async describe(
    collectionName: string,
  ): Promise<{ fields: Row[]; rows: number; segments: milvus.PersistentSegmentInfo[] }> {
    const about = { dbName: this.#dbName, collectionName };
    const answer = await this.#client.describeCollection(milvus.DescribeCollectionRequest.fromPartial(about));
    checkStatus(answer.status);
    const infos = await this.#client.getPersistentSegmentInfo(
      milvus.GetPersistentSegmentInfoRequest.fromPartial(about),
    );
    checkStatus(infos.status);
    const rows = infos.infos.reduce((sum, info) => sum + Number(info.numRows), 0);
    return { fields: (answer.schema?.fields ?? []).map(fieldRow), rows, segments: infos.infos };
  }

  /** Whether rows come without a key, and get one. */
  async makesKeys(collectionName: string): Promise<boolean> {
    const about = { dbName: this.#dbName, collectionName };
    const answer = await this.#client.describeCollection(milvus.DescribeCollectionRequest.fromPartial(about));
    checkStatus(answer.status);
    return answer.schema?.fields.some(({ isPrimaryKey, autoID }) => isPrimaryKey && autoID) ?? false;
  }

  /** Nothing is wrong where there is none. @throws {StatusError} */
  async drop(collectionName: string): Promise<void> {
    const request = milvus.DropCollectionRequest.fromPartial({ dbName: this.#dbName, collectionName });
    checkStatus(await this.#client.dropCollection(request));
  }

  /** Answers as soon as the server has it as loaded. @throws {StatusError} 700 where a vector has no index */
  async load(collectionName: string): Promise<void> {
    const request = milvus.LoadCollectionRequest.fromPartial({ dbName: this.#dbName, collectionName });
    checkStatus(await this.#client.loadCollection(request));
  }

  /** As proposed, with its indexes, loaded. */
  async create(collectionName: string, proposed: ProposedSchema): Promise<void> {
    const about = { dbName: this.#dbName, collectionName };
    const message = schema.CollectionSchema.fromPartial({
      name: collectionName,
      autoID: proposed.autoId,
      enableDynamicField: proposed.enableDynamicField,
      fields: proposed.fields.map((field) => fieldMessage(field, proposed.autoId)),
    });
    const bytes = Buffer.from(schema.CollectionSchema.encode(message).finish());
    checkStatus(
      await this.#client.createCollection(milvus.CreateCollectionRequest.fromPartial({ ...about, schema: bytes })),
    );
    for (const { fieldName, metricType } of proposed.indexParams) {
      const extraParams = Object.entries({ index_type: "AUTOINDEX", metric_type: metricType }).map(pair);
      checkStatus(
        await this.#client.createIndex(milvus.CreateIndexRequest.fromPartial({ ...about, fieldName, extraParams })),
      );
    }
    await this.load(collectionName);
  }

  /** Rows that an expression selects. @param params `limit`, `group_by_fields` and the like; those that are undefined are left out */
  async query(
    collectionName: string,
    expr: string,
    outputFields: readonly string[],
    params: Readonly<Record<string, string | number | undefined>>,
  ): Promise<Row[]> {
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    const request = milvus.QueryRequest.fromPartial({
      ...{ dbName: this.#dbName, collectionName, expr, outputFields: [...outputFields] },
      queryParams: given.map(([key, value]) => pair([key, String(value)])),
    });
    const answer = await this.#client.query(request);
    checkStatus(answer.status);
    return rowsOf(answer.fieldsData);
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function pair([key, value]: readonly [string, string]) {
  return { key, value };
}

function typeOf(name: string): DataType {
  const types: Readonly<Record<string, DataType>> = DataType;
  return types[name] ?? DataType.None;
}

function fieldMessage(field: ProposedField, autoId: boolean) {
  const { fieldName, dataType, elementDataType, isPrimary = false, nullable = false, elementTypeParams = {} } = field;
  return {
    ...{ name: fieldName, dataType: typeOf(dataType), isPrimaryKey: isPrimary, nullable },
    ...(elementDataType !== undefined && { elementType: typeOf(elementDataType) }),
    autoID: isPrimary && autoId,
    typeParams: Object.entries(elementTypeParams).map(pair),
  };
}

function fieldRow({ name, dataType, isPrimaryKey, autoID, nullable, typeParams }: schema.FieldSchema): Row {
  const marks = [isPrimaryKey && "key", autoID && "automatic", nullable && "nullable"].filter(Boolean);
  const params = typeParams.map(({ key, value }) => `${key}=${value}`);
  return { field: name, type: dataTypeName(dataType), about: [...marks, ...params].join(", ") };
}
