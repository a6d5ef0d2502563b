import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fromJSON, loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { describe, expect, it } from "@jest/globals";
import { common } from "@sluice/rpc";
import { newerMethods } from "../../../services/proxy/src/grpc/newer-methods.ts";

// Our protos against the descriptors that released clients carry: what both know has the same name, number, type and label.

const require = createRequire(import.meta.filename);
const options = { keepCase: true, longs: String };

const ours = loadFolder(resolve(import.meta.dirname, "../../../protos/milvus"));
const client22 = loadFolder(join(folderOf("milvus-sdk-2.2"), "dist/proto/proto"));
const client30 = fromJSON(
  require(join(folderOf("milvus-sdk-3.0"), "dist/milvus/proto-json/milvus.js")).default,
  options,
);

function folderOf(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function loadFolder(folder: string): PackageDefinition {
  const files = readdirSync(folder).filter((name) => name.endsWith(".proto"));
  return loadSync(files, { ...options, includeDirs: [folder] });
}

/** The parts of DescriptorProto and EnumDescriptorProto that decide about names and bytes. */
interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
  /** 0 is the first oneof, or none: the loader does not tell. */
  readonly oneofIndex: number;
}
interface Message {
  readonly field: readonly Field[];
  readonly oneofDecl: readonly { readonly name: string }[];
  /** The entries of its maps. */
  readonly nestedType: readonly (Message & { readonly name: string })[];
}
interface EnumType {
  readonly value: readonly { readonly name: string; readonly number: number }[];
}

/** Full name -> number -> such as `LABEL_REPEATED FieldData fields_data = 2`. */
function messagesOf(definition: PackageDefinition): Map<string, Map<number, string>> {
  return mapValues(
    rawMessages(definition),
    ({ field }) => new Map(field.map((one) => [one.number, describeField(one)])),
  );
}

/** Full name -> oneofs, and what of its fields' membership in them is known. */
function oneofsOf(definition: PackageDefinition): Map<string, unknown> {
  return mapValues(rawMessages(definition), ({ oneofDecl, field }) => ({
    oneofs: oneofDecl.map(({ name }) => name),
    members: field.filter(({ oneofIndex }) => oneofIndex > 0).map(({ name, oneofIndex }) => [name, oneofIndex]),
  }));
}

function rawMessages(definition: PackageDefinition): Map<string, Message> {
  const named = [...typesOf<Message>(definition, "Protocol Buffer 3 DescriptorProto")];
  return new Map(
    named.flatMap(([name, message]) => [
      [name, message],
      ...message.nestedType.map((entry): [string, Message] => [`${name}.${entry.name}`, entry]),
    ]),
  );
}

function enumsOf(definition: PackageDefinition): Map<string, Map<number, string>> {
  const all = typesOf<EnumType>(definition, "Protocol Buffer 3 EnumDescriptorProto");
  return mapValues(all, ({ value }) => new Map(value.map(({ name, number }) => [number, name])));
}

function typesOf<T>(definition: PackageDefinition, format: string): Map<string, T> {
  const found = new Map<string, T>();
  for (const [name, entry] of Object.entries(definition)) {
    if (name.startsWith("milvus.") && "format" in entry && entry.format === format) found.set(name, entry.type as T);
  }
  return found;
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

/** Clients' files name types in part, ours in whole or in part: the last name is compared, and everything else fully. */
function describeField(field: Field): string {
  const type = field.typeName ? field.typeName.split(".").at(-1) : field.type;
  return `${field.label} ${type} ${field.name} = ${field.number}`;
}

/** Method -> its path and what goes in and out. */
function methodsOf(definition: PackageDefinition, service: string): Map<string, string> {
  const methods = Object.entries(definition[service]).map(([name, method]): [string, string] => {
    const types = [
      method.requestType.type.name,
      method.responseType.type.name,
      method.requestStream,
      method.responseStream,
    ];
    return [name, [method.path, ...types].join(" ")];
  });
  return new Map(methods);
}

const services = ["milvus.proto.milvus.MilvusService", "milvus.proto.milvus.ClientTelemetryService"];
/** In no released client's descriptors: the newest public interface has it. */
const newer: Readonly<Record<string, readonly number[]>> = { "milvus.proto.milvus.ImportRequest": [9] };

describe("against the newest client", () => {
  const theirs = messagesOf(client30);
  it.each([...messagesOf(ours)])("%s has the same fields, all of them", (name, fields) => {
    const known = new Map([...fields].filter(([number]) => !newer[name]?.includes(number)));
    expect(sorted(known)).toEqual(sorted(theirs.get(name) ?? new Map()));
  });

  const theirOneofs = oneofsOf(client30);
  it("has the same oneofs", () => {
    for (const [name, oneofs] of oneofsOf(ours))
      expect({ name, oneofs }).toEqual({ name, oneofs: theirOneofs.get(name) });
  });

  const theirEnums = enumsOf(client30);
  it.each([...enumsOf(ours)])("%s has the same values, all of them", (name, values) => {
    expect(sorted(values)).toEqual(sorted(theirEnums.get(name) ?? new Map()));
  });

  it.each(services)("the methods of %s are the same", (service) => {
    const known = methodsOf(client30, service);
    for (const [name, method] of methodsOf(ours, service)) expect(method).toBe(known.get(name));
  });
});

describe("what the newest client may call besides", () => {
  const theirs = Object.entries(client30[services[0]]).filter(([, { requestStream, responseStream }]) => !requestStream && !responseStream); // biome-ignore format: one list
  const besides = theirs.filter(([name]) => !methodsOf(ours, services[0]).has(name));
  const fieldsOf = messagesOf(client30);
  const { definition, instead } = newerMethods();

  it("is refused, all of it, with what to do instead", () => {
    expect(Object.keys(definition).sort()).toEqual(besides.map(([name]) => name).sort());
    for (const [name, { path }] of besides) expect(definition[name].path).toBe(path);
    expect(Object.keys(instead ?? {}).sort()).toEqual(Object.keys(definition).sort());
  });

  it.each(besides)("%s is answered by a Status where its answer has one", (name, { responseType }) => {
    const answer = `.${(responseType as { type: { name: string } }).type.name}`;
    const message = [...fieldsOf].find(([full]) => full.endsWith(answer))?.[1];
    const { responseSerialize, responseDeserialize } = definition[name];
    const empty = responseDeserialize(Buffer.alloc(0));
    if (answer === ".Status") expect(empty).toHaveProperty("errorCode");
    else if (message?.get(1) === "LABEL_OPTIONAL Status status = 1") {
      const status = common.Status.fromPartial({ code: 10, reason: "r" });
      expect(responseDeserialize(responseSerialize({ ...empty, status }))).toMatchObject({ status });
    } else expect(newerMethods().handlers[name]).toThrow("is not supported by this server: ");
  });
});

describe("against an old client", () => {
  const mine = messagesOf(ours);
  const known = [...messagesOf(client22)].filter(([name]) => mine.has(name));

  it("knows most of its messages", () => expect(known.length).toBeGreaterThan(150));

  it.each(known)("%s has its fields", (name, fields) => {
    for (const [number, field] of fields) expect(mine.get(name)?.get(number)).toBe(field);
  });

  // Renamed since: the number was free again.
  const renamed = ["NotFoundTSafer"];
  const myEnums = enumsOf(ours);
  it.each([...enumsOf(client22)].filter(([name]) => myEnums.has(name)))("%s has its values", (name, values) => {
    for (const [number, value] of values)
      if (!renamed.includes(value)) expect(myEnums.get(name)?.get(number)).toBe(value);
  });

  it("offers every method it may call, since clients of its time repeat an unknown one for minutes", () => {
    const offered = methodsOf(ours, services[0]);
    for (const [name, method] of methodsOf(client22, services[0])) expect(offered.get(name)).toBe(method);
  });
});

function sorted(members: ReadonlyMap<number, string>): string[] {
  return [...members].sort(([a], [b]) => a - b).map(([, member]) => member);
}
