import { describe, expect, it } from "@jest/globals";
import { schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { field, idField, openDdl, outcome, pairs, vectorField } from "./harness.ts";

const long = "x".repeat(1 << 20);

describe("what records keep is bounded", () => {
  it("a schema, whatever is long in it", async () => {
    const ddl = await openDdl();
    const described = (description: string) => ({ fields: [idField(), vectorField({ description })] });
    expect(await outcome(ddl.create("a", described("x".repeat(200_000))))).toBe("ok");
    const refusal = /^1100 the schema has \d+ bytes, more than 262144: shorten descriptions and parameters/;
    expect(await outcome(ddl.create("b", described(long)))).toMatch(refusal);
    expect(await outcome(ddl.create("b", { description: long }))).toMatch(refusal);
    const json = field({ name: "j", dataType: DataType.JSON, typeParams: pairs({ any: long }) });
    expect(await outcome(ddl.create("b", { fields: [idField(), vectorField(), json] }))).toMatch(refusal);
  });

  it("a schema that grows by fields and descriptions", async () => {
    const ddl = await openDdl();
    await ddl.create("a");
    const refusal = /^1100 the schema has \d+ bytes, more than 262144: shorten descriptions and parameters/;
    const add = (name: string, description: string) => {
      const bytes = wire.FieldSchema.encode(field({ name, dataType: DataType.Int8, nullable: true, description }));
      return outcome(ddl.call("addCollectionField", { collectionName: "a", schema: Buffer.from(bytes.finish()) }));
    };
    const describe = (fieldName: string) => {
      const properties = pairs({ "field.description": "x".repeat(65_000) });
      return outcome(ddl.call("alterCollectionField", { collectionName: "a", fieldName, properties, deleteKeys: [] }));
    };
    expect(await add("n", "x".repeat(200_000))).toBe("ok");
    expect(await add("m", long)).toMatch(refusal);
    expect(await describe("id")).toMatch(refusal);
    expect(await describe("n")).toBe("ok");
    expect(await describe("id")).toBe("ok");
  });

  it("properties of collections and databases, and parameters of indexes", async () => {
    const ddl = await openDdl();
    const bytes = "1100 the properties have 1048580 bytes, more than 65536: invalid parameter";
    const many = pairs(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`collection.k${i}`, ""])));
    expect(await outcome(ddl.create("a", {}, { properties: pairs({ long }) }))).toBe(bytes);
    expect(await outcome(ddl.create("a", {}, { properties: many }))).toMatch(/^1100 257 properties are more than 256/);
    expect(await outcome(ddl.create("a", {}, { properties: pairs({ [long]: "" }) }))).toMatch(
      /^1100 a key of the properties has more than 256 bytes: x{60}…/,
    );
    expect(await outcome(ddl.create("a"))).toBe("ok");
    const half = "x".repeat(40_000);
    const alter = (key: string) =>
      outcome(ddl.call("alterCollection", { collectionName: "a", properties: pairs({ [key]: half }) }));
    expect(await alter("collection.one")).toBe("ok");
    expect(await alter("collection.two")).toMatch(/^1100 the properties have 80028 bytes/);
    expect(await outcome(ddl.call("createDatabase", { dbName: "d", properties: pairs({ long }) }))).toBe(bytes);
    expect(
      await outcome(
        ddl.call("createIndex", { collectionName: "a", fieldName: "v", extraParams: pairs({ params: long }) }),
      ),
    ).toMatch(/^1100 the index params have/);
  });

  it("what a reason repeats", async () => {
    const ddl = await openDdl();
    const refusals = [
      outcome(ddl.create(long)),
      outcome(ddl.create("a", {}, { properties: pairs({ timezone: "x".repeat(60_000) }) })),
      outcome(
        ddl.create("a", { fields: [idField(), vectorField({ typeParams: pairs({ dim: "9".repeat(60_000) }) })] }),
      ),
      outcome(ddl.call("describeCollection", { collectionName: long })),
      outcome(ddl.call("createDatabase", { dbName: long })),
      outcome(ddl.call("dropCollection", { collectionName: long })),
    ];
    for (const refusal of await Promise.all(refusals)) expect(refusal.length).toBeLessThan(900);
  });
});

describe("a property that is not known", () => {
  it("is kept, and the answer names it", async () => {
    const ddl = await openDdl();
    const properties = pairs({ "colection.ttl.seconds": "60", "mmap.enabled": "true" });
    const status = await ddl.create("a", {}, { properties });
    expect(status).toMatchObject({
      code: 0,
      extraInfo: { warnings: "properties that are not known and have no effect: colection.ttl.seconds" },
    });
    const { properties: kept } = await ddl.call("describeCollection", { collectionName: "a" });
    expect(kept).toEqual(properties);
    const known = pairs({ "collection.ttl.seconds": "60" });
    expect(await ddl.call("alterCollection", { collectionName: "a", properties: known })).toMatchObject({
      extraInfo: {},
    });
  });
});
