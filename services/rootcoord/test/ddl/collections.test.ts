import { describe, expect, it, test } from "@jest/globals";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { common, decodeStoredSchema, milvus, schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { field, idField, openDdl, outcome, pairs, schemaBytes, schemaOf, startMs, vectorField } from "./harness.ts";

const structSchema = schemaOf({
  name: "c",
  description: "with everything",
  enableDynamicField: true,
  fields: [
    idField({ autoID: true, description: "key" }),
    vectorField({ typeParams: pairs({ dim: "4", "mmap.enabled": "true" }), indexParams: pairs({ a: "b" }) }),
    field({
      name: "n",
      dataType: DataType.Int16,
      nullable: true,
      defaultValue: { data: { $case: "intData", value: 7 } },
    }),
  ],
  structArrayFields: [
    {
      name: "s",
      typeParams: pairs({ max_capacity: "8" }),
      fields: [
        { name: "a", dataType: DataType.Array, elementType: DataType.Int32 },
        {
          name: "w",
          dataType: DataType.ArrayOfVector,
          elementType: DataType.FloatVector,
          typeParams: pairs({ dim: "2" }),
        },
      ],
    },
  ],
  properties: pairs({ "schema.key": "kept" }),
});

it("have another consistency level by a property of this name, which is none", async () => {
  const ddl = await openDdl();
  await ddl.create("c");
  const set = (level: string) =>
    ddl.call("alterCollection", { collectionName: "c", properties: pairs({ consistency_level: level }) });
  const about = async () => {
    const { consistencyLevel, properties } = await ddl.call("describeCollection", { collectionName: "c" });
    return [consistencyLevel, properties];
  };
  await set("Bounded");
  expect(await about()).toEqual([common.ConsistencyLevel.Bounded, []]);
  await set("3");
  expect(await about()).toEqual([common.ConsistencyLevel.Eventually, []]);
  expect(await outcome(set("Odd"))).toContain("1100 invalid consistency level: Odd");
});

describe("what comes back", () => {
  it("the declared schema as it was sent, with field ids and nothing else", async () => {
    const ddl = await openDdl();
    await ddl.create("c", structSchema);
    const { schema } = await ddl.call("describeCollection", { collectionName: "c" });
    const ids = schema!.fields.map((entry) => entry.fieldID);
    const structIds = schema!.structArrayFields.flatMap((struct) => [
      struct.fieldID,
      ...struct.fields.map((m) => m.fieldID),
    ]);
    expect([...ids, ...structIds]).toEqual([100n, 101n, 102n, 103n, 104n, 105n]);
    const withoutIds = wire.CollectionSchema.fromPartial({
      ...schema!,
      fields: schema!.fields.map((entry) => ({ ...entry, fieldID: 0n })),
      structArrayFields: schema!.structArrayFields.map((struct) => ({
        ...struct,
        fieldID: 0n,
        fields: struct.fields.map((entry) => ({ ...entry, fieldID: 0n })),
      })),
    });
    expect(withoutIds).toEqual({ ...structSchema, autoID: true });
  });

  it("the stored schema has `$meta` last and members by their full names", async () => {
    const ddl = await openDdl();
    await ddl.create("c", structSchema);
    const { schema } = await ddl.call("resolveCollection", { collectionName: "c" });
    const stored = decodeStoredSchema(schema, []);
    expect(stored.fields.map(({ fieldId, name }) => [fieldId, name])).toEqual([
      [100, "id"],
      [101, "v"],
      [102, "n"],
      [104, "s[a]"],
      [105, "s[w]"],
      [106, "$meta"],
    ]);
    expect(stored.fields[3].maxCapacity).toBe(8);
    expect(stored.fields[5]).toMatchObject({ dataType: DataType.JSON, isDynamic: true, nullable: false });
  });

  it("names, numbers, channels and settings", async () => {
    const ddl = await openDdl();
    const properties = pairs({ "collection.ttl.seconds": "60", mine: "x" });
    await ddl.create("c", {}, { shardsNum: 2, consistencyLevel: 3, properties });
    const described = await ddl.call("describeCollection", { collectionName: "c" });
    const id = described.collectionID;
    expect(id).toBe(1_000_000_000_000_000n);
    expect(described).toMatchObject({
      collectionName: "c",
      dbName: "default",
      dbId: 1n,
      shardsNum: 2,
      numPartitions: 1n,
      consistencyLevel: 3,
      properties,
      aliases: [],
      createdUtcTimestamp: BigInt(startMs),
      updateTimestampStr: String(described.updateTimestamp),
    });
    expect(described.virtualChannelNames).toEqual([
      `by-dev-rootcoord-dml_${id % 16n}_${id}v0`,
      `by-dev-rootcoord-dml_${(id + 1n) % 16n}_${id}v1`,
    ]);
    expect(described.physicalChannelNames).toEqual([
      `by-dev-rootcoord-dml_${id % 16n}`,
      `by-dev-rootcoord-dml_${(id + 1n) % 16n}`,
    ]);
    expect(described.createdTimestamp >> 18n).toBe(BigInt(startMs));
    const byId = await ddl.call("describeCollection", { collectionID: id });
    expect(byId).toEqual(described);
  });

  it("an automatic key is told in both places, whichever the client set", async () => {
    const ddl = await openDdl();
    await ddl.create("c", { autoID: true });
    const { schema } = await ddl.call("describeCollection", { collectionName: "c" });
    expect([schema!.autoID, schema!.fields[0].autoID]).toEqual([true, true]);
  });

  it("a default that came as another kind of integer is told as the field's own", async () => {
    const ddl = await openDdl();
    const sent = { data: { $case: "longData" as const, value: -7n } };
    const fields = [idField(), vectorField()].concat(
      [DataType.Int8, DataType.Float, DataType.Int64].map((dataType) =>
        field({ name: `f${dataType}`, dataType, defaultValue: sent }),
      ),
    );
    await ddl.create("c", { fields });
    const { schema } = await ddl.call("describeCollection", { collectionName: "c" });
    expect(schema!.fields.slice(2).map(({ defaultValue }) => defaultValue!.data)).toEqual([
      { $case: "intData", value: -7 },
      { $case: "floatData", value: -7 },
      sent.data,
    ]);
  });

  it("the name of the request counts, not the schema's", async () => {
    const ddl = await openDdl();
    await ddl.call("createCollection", { collectionName: "c", schema: schemaBytes({ name: "other" }) });
    expect((await ddl.call("describeCollection", { collectionName: "c" })).schema!.name).toBe("c");
  });

  it("collections of a database, oldest first, in arrays of equal length", async () => {
    const ddl = await openDdl();
    for (const name of ["b", "a", "c"]) await ddl.create(name);
    await ddl.load("c");
    const shown = await ddl.call("showCollections", {});
    expect(shown.collectionNames).toEqual(["b", "a", "c"]);
    expect(shown.inMemoryPercentages).toEqual([0n, 0n, 100n]);
    expect(shown.createdUtcTimestamps).toEqual([BigInt(startMs), BigInt(startMs), BigInt(startMs)]);
    expect(
      [shown.collectionIds, shown.createdTimestamps, shown.queryServiceAvailable].map((list) => list.length),
    ).toEqual([3, 3, 3]);
    const loaded = await ddl.call("showCollections", { type: milvus.ShowType.InMemory });
    expect(loaded.collectionNames).toEqual(["c"]);
    expect((await ddl.call("showCollections", { collectionNames: ["a"] })).collectionNames).toEqual(["a"]);
  });
});

describe("creating", () => {
  test.each<[string, Partial<milvus.CreateCollectionRequest>, string]>([
    ["no name", { collectionName: "" }, "1100 collection name should not be empty: invalid parameter"],
    [
      "bad first letter",
      { collectionName: "1c" },
      "1100 Invalid collection name: 1c. the first character of a collection name must be an underscore or letter: invalid parameter",
    ],
    [
      "bad letter",
      { collectionName: "c-c" },
      "1100 Invalid collection name: c-c. collection name can only contain numbers, letters and underscores",
    ],
    [
      "long name",
      { collectionName: "c".repeat(256) },
      "the length of a collection name must be less than 255 characters",
    ],
    ["no such database", { dbName: "nowhere" }, "800 database not found[database=nowhere]"],
    ["no schema", { schema: Buffer.from([0x0a, 0xff]) }, "1100 the schema cannot be parsed"],
    ["too many shards", { shardsNum: 17 }, "1100 maximum shards's number should be limited to 16"],
    ["negative shards", { shardsNum: -1 }, "1100 the number of shards should be greater than 0, but got -1"],
    [
      "partitions without key",
      { numPartitions: 4n },
      "1100 num_partitions should only be specified with partition key field enabled",
    ],
    ["consistency", { consistencyLevel: 9 as never }, "1100 unknown consistency level 9"],
    [
      "TTL that is no number",
      { properties: pairs({ "collection.ttl.seconds": "soon" }) },
      "1100 collection TTL is not a valid positive integer",
    ],
    [
      "TTL beyond",
      { properties: pairs({ "collection.ttl.seconds": "3155760001" }) },
      "1100 collection TTL is out of range, expect [-1, 3155760000], got 3155760001",
    ],
    [
      "TTL field of another type",
      { properties: pairs({ ttl_field: "id" }) },
      "1100 ttl field must be timestamptz, field name = id",
    ],
    [
      "zone",
      { properties: pairs({ timezone: "Mars/Olympus" }) },
      "1100 unknown or invalid IANA Time Zone ID: Mars/Olympus",
    ],
    [
      "offset as zone",
      { properties: pairs({ timezone: "+08:00" }) },
      "1100 unknown or invalid IANA Time Zone ID: +08:00",
    ],
    [
      "own keys of automatic ones",
      { properties: pairs({ allow_insert_auto_id: "True" }) },
      "1100 the value for allow_insert_auto_id must be false when autoID is false",
    ],
    ["a namespace", { properties: pairs({ "namespace.enabled": "true" }) }, "1100 namespaces are not supported"],
    [
      "isolation without key",
      { properties: pairs({ "partitionkey.isolation": "true" }) },
      "1100 partition key isolation mode is enabled but no partition key field is set",
    ],
  ])("is refused: %s", async (_, request, refusal) => {
    const ddl = await openDdl();
    expect(await outcome(ddl.create("c", {}, request))).toContain(refusal);
    expect((await ddl.call("showCollections", {})).collectionNames).toEqual([]);
  });

  const withTimes = {
    fields: [idField(), vectorField(), field({ name: "at", dataType: DataType.Timestamptz })],
  };
  it("takes a TTL field, but not beside a TTL", async () => {
    const ddl = await openDdl();
    expect(await outcome(ddl.create("c", withTimes, { properties: pairs({ ttl_field: "at" }) }))).toBe("ok");
    const both = pairs({ ttl_field: "at", "collection.ttl.seconds": "1" });
    expect(await outcome(ddl.create("d", withTimes, { properties: both }))).toContain(
      "collection TTL and ttl field cannot be set at the same time",
    );
  });

  it("again with the same definition succeeds and changes nothing", async () => {
    const ddl = await openDdl();
    const request = { properties: pairs({ a: "1", b: "2" }), consistencyLevel: 2 as const };
    await ddl.create("c", structSchema, request);
    const first = await ddl.call("describeCollection", { collectionName: "c" });
    await ddl.create("c", structSchema, { ...request, properties: pairs({ b: "2", a: "1" }) });
    expect(await ddl.call("describeCollection", { collectionName: "c" })).toEqual(first);
  });

  test.each<[string, Parameters<typeof schemaOf>[0], Partial<milvus.CreateCollectionRequest>]>([
    ["schema", { description: "other" }, {}],
    ["shards", {}, { shardsNum: 2 }],
    ["consistency", {}, { consistencyLevel: 2 }],
    ["properties", {}, { properties: pairs({ a: "1" }) }],
  ])("again with another %s is refused", async (_, schema, request) => {
    const ddl = await openDdl();
    await ddl.create("c");
    expect(await outcome(ddl.create("c", schema, request))).toBe(
      "1100 create duplicate collection with different parameters, collection: c: invalid parameter",
    );
  });

  it("refuses a name that is an alias", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.call("createAlias", { collectionName: "c", alias: "a" });
    expect(await outcome(ddl.create("a"))).toContain("1601 collection name [a] conflicts with an existing alias");
  });

  it("with a partition key makes 16 partitions, or as many as were asked for", async () => {
    const ddl = await openDdl();
    const key = field({ name: "k", dataType: DataType.Int64, isPartitionKey: true });
    const schema = { fields: [idField(), vectorField(), key] };
    await ddl.create("c", schema);
    await ddl.create("d", schema, { numPartitions: 3n });
    const c = await ddl.call("resolveCollection", { collectionName: "c" });
    const d = await ddl.call("resolveCollection", { collectionName: "d" });
    expect(c.hasPartitionKey).toBe(true);
    expect(c.partitions.map(({ name }) => name)).toEqual(Array.from({ length: 16 }, (_, i) => `_default_${i}`));
    expect(d.partitions.map(({ name }) => name)).toEqual(["_default_0", "_default_1", "_default_2"]);
    expect(new Set([...c.partitions, ...d.partitions].map(({ partitionId }) => partitionId)).size).toBe(19);
    expect((await ddl.call("describeCollection", { collectionName: "c" })).numPartitions).toBe(16n);
    expect(await outcome(ddl.create("e", schema, { numPartitions: 1025n }))).toBe(
      "1100 partition number (1025) exceeds max configuration (1024), collection: e: invalid parameter",
    );
    expect(await outcome(ddl.create("c", schema, { numPartitions: 16n }))).toBe("ok");
  });

  it("at once by many makes one collection", async () => {
    const ddl = await openDdl();
    await Promise.all(Array.from({ length: 150 }, () => ddl.create("c")));
    const outcomes = await Promise.all([ddl.create("d", { description: "a" }), ddl.create("d")].map(outcome));
    expect(outcomes).toEqual(["ok", expect.stringContaining("create duplicate collection")]);
    expect((await ddl.call("showCollections", {})).collectionNames).toEqual(["c", "d"]);
  });

  it("by two rootcoords at once makes one collection", async () => {
    const store = new MemoryMetaStore();
    const [a, b] = [await openDdl({}, store), await openDdl({}, store)];
    const outcomes = await Promise.all(
      [a.create("c", { description: "a" }), b.create("c", { description: "b" })].map(outcome),
    );
    expect(outcomes.filter((text) => text === "ok")).toHaveLength(1);
    expect((await a.call("showCollections", {})).collectionNames).toEqual(["c"]);
    await Promise.all(Array.from({ length: 30 }, (_, i) => [a.create(`a${i}`), b.create(`b${i}`)]).flat());
    const { collectionIds } = await a.call("showCollections", {});
    expect(new Set(collectionIds).size).toBe(61);
  });
});

describe("finding", () => {
  it("says what is missing in the words that clients know", async () => {
    const ddl = await openDdl();
    const missing = "100 can't find collection[database=default][collection=c]";
    expect(await outcome(ddl.call("describeCollection", { collectionName: "c" }))).toBe(missing);
    expect(await outcome(ddl.call("resolveCollection", { collectionName: "c" }))).toBe(missing);
    expect(await outcome(ddl.findCollection("", "c"))).toBe(missing);
    expect(await outcome(ddl.call("describeCollection", { collectionID: 7n }))).toBe(
      "100 can't find collection[database=default][collection=7]",
    );
    expect(await outcome(ddl.call("describeCollection", { dbName: "x", collectionName: "c" }))).toBe(
      "800 database not found[database=x]",
    );
    expect(await outcome(ddl.call("describeCollection", { dbName: "\0", collectionName: "c" }))).toContain("800 ");
  });

  it("has: false instead of a failure", async () => {
    const ddl = await openDdl();
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(false);
    await ddl.create("c");
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(true);
  });

  it("by alias answers the real name", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.call("createAlias", { collectionName: "c", alias: "a" });
    const described = await ddl.call("describeCollection", { collectionName: "a" });
    expect([described.collectionName, described.aliases]).toEqual(["c", ["a"]]);
    expect((await ddl.call("resolveCollection", { collectionName: "a" })).collectionName).toBe("c");
    expect((await ddl.findCollection("default", "a")).name).toBe("c");
  });

  it("resolving takes two reads", async () => {
    const store = new MemoryMetaStore();
    const ddl = await openDdl({}, store);
    await ddl.create("c");
    const read: string[] = [];
    const get = store.get.bind(store);
    store.get = (key) => get(key).finally(() => read.push(key));
    const { collectionId } = await ddl.call("resolveCollection", { collectionName: "c" });
    expect(read).toEqual(["name/default/c", `collection/${collectionId}`]);
  });
});

describe("dropping", () => {
  it("frees the name at once, keeps the record as dropped, and tells it", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.load("c");
    const { collectionId } = await ddl.findCollection("default", "c");
    await ddl.call("dropCollection", { collectionName: "c" });
    expect(await ddl.getCollection(collectionId)).toMatchObject({ state: "dropped", loaded: false });
    expect(ddl.dropped).toEqual([collectionId]);
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(false);
    expect(await outcome(ddl.call("resolveCollection", { collectionId }))).toContain("100 ");
    await ddl.create("c", { description: "new" });
    expect((await ddl.findCollection("default", "c")).collectionId).not.toBe(collectionId);
  });

  it("of what is not there succeeds", async () => {
    const ddl = await openDdl();
    expect(await outcome(ddl.call("dropCollection", { collectionName: "c" }))).toBe("ok");
    expect(ddl.dropped).toEqual([]);
    expect(await outcome(ddl.call("dropCollection", { dbName: "x", collectionName: "c" }))).toContain("800 ");
  });

  it("is refused by alias and while there are aliases", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.call("createAlias", { collectionName: "c", alias: "a" });
    await ddl.call("createAlias", { collectionName: "c", alias: "b" });
    expect(await outcome(ddl.call("dropCollection", { collectionName: "a" }))).toBe(
      "1100 cannot drop the collection via alias = a: invalid parameter",
    );
    expect(await outcome(ddl.call("dropCollection", { collectionName: "c" }))).toBe(
      "1100 unable to drop the collection [c] because it has associated aliases [a, b], please remove all aliases before dropping the collection: invalid parameter",
    );
  });

  it("leaves nothing half done when the store fails", async () => {
    const store = new MemoryMetaStore();
    const ddl = await openDdl({}, store);
    await ddl.create("c");
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error("the disk is full"));
    await expect(ddl.call("dropCollection", { collectionName: "c" })).rejects.toThrow("the disk is full");
    store.commit = commit;
    expect(ddl.dropped).toEqual([]);
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(true);
    expect(await outcome(ddl.call("dropCollection", { collectionName: "c" }))).toBe("ok");
  });
});

describe("renaming", () => {
  it("keeps the id and shows the new name in the schema", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    const { collectionId } = await ddl.findCollection("default", "c");
    await ddl.call("renameCollection", { oldName: "c", newName: "d" });
    const described = await ddl.call("describeCollection", { collectionName: "d" });
    expect([described.collectionID, described.schema!.name]).toEqual([collectionId, "d"]);
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(false);
    expect(decodeStoredSchema((await ddl.call("resolveCollection", { collectionName: "d" })).schema, []).name).toBe(
      "d",
    );
  });

  it("into another database", async () => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.call("createDatabase", { dbName: "other" });
    await ddl.call("renameCollection", { oldName: "c", newName: "c", newDBName: "other" });
    expect((await ddl.call("describeCollection", { dbName: "other", collectionName: "c" })).dbName).toBe("other");
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(false);
  });

  test.each<[string, Partial<milvus.RenameCollectionRequest>, string]>([
    ["to itself", { newName: "c" }, "1100 collection name or database name should be different"],
    [
      "to a taken name",
      { newName: "d" },
      "1100 duplicated new collection name d in database default with other collection name or alias",
    ],
    ["to an alias", { newName: "a" }, "1100 duplicated new collection name a"],
    ["by an alias", { oldName: "a" }, "1100 unsupported use an alias to rename collection, alias:a"],
    ["to no name", { newName: "1" }, "1100 Invalid collection name: 1."],
    ["of nothing", { oldName: "x" }, "100 can't find collection[database=default][collection=x]"],
    ["into no database", { newDBName: "x" }, "800 database not found[database=x]"],
    [
      "to another database with aliases",
      { newDBName: "other" },
      "1100 fail to rename db name, must drop all aliases of this collection before rename",
    ],
  ])("is refused: %s", async (_, request, refusal) => {
    const ddl = await openDdl();
    await ddl.create("c");
    await ddl.create("d");
    await ddl.call("createDatabase", { dbName: "other" });
    await ddl.call("createAlias", { collectionName: "c", alias: "a" });
    expect(await outcome(ddl.call("renameCollection", { oldName: "c", newName: "e", ...request }))).toContain(refusal);
  });
});

describe("altering", () => {
  const alter = async (request: Partial<milvus.AlterCollectionRequest>, isLoaded = false) => {
    const ddl = await openDdl();
    await ddl.create("c", {}, { properties: pairs({ a: "1", b: "2" }) });
    if (isLoaded) await ddl.load("c");
    const result = await outcome(ddl.call("alterCollection", { collectionName: "c", ...request }));
    const { properties } = await ddl.call("describeCollection", { collectionName: "c" });
    return [result, Object.fromEntries(properties.map(({ key, value }) => [key, value]))] as const;
  };
  it("sets or deletes properties", async () => {
    expect(await alter({ properties: pairs({ b: "3", c: "4" }) })).toEqual(["ok", { a: "1", b: "3", c: "4" }]);
    expect(await alter({ deleteKeys: ["a", "x"] })).toEqual(["ok", { b: "2" }]);
  });

  test.each<[string, Partial<milvus.AlterCollectionRequest>, boolean, string]>([
    [
      "both",
      { properties: pairs({ a: "2" }), deleteKeys: ["b"] },
      false,
      "1100 cannot provide both DeleteKeys and ExtraParams",
    ],
    ["nothing", {}, false, "1100 no properties or delete keys provided"],
    ["TTL", { properties: pairs({ "collection.ttl.seconds": "-2" }) }, false, "1100 collection TTL is out of range"],
    [
      "mmap while loaded",
      { properties: pairs({ "mmap.enabled": "true" }) },
      true,
      "104 can not alter mmap properties if collection loaded: collection already loaded",
    ],
    ["no collection", { collectionName: "x" }, false, "100 can't find collection"],
  ])("is refused: %s", async (_, request, isLoaded, refusal) => {
    const [result, properties] = await alter(request, isLoaded);
    expect(result).toContain(refusal);
    expect(properties).toEqual({ a: "1", b: "2" });
  });
});
