import { ImportError } from "@sluice/errors";
import { type AvroSchema, damaged } from "../../avro/read-datum.ts";
import type { ArrowType } from "../arrow/ipc/arrow-type.ts";
import type { AvroNode, Definition } from "./avro-node.ts";
import { logical } from "./logical-types.ts";

/** Types in types. */
const MAX_DEPTH = 64;
/** A fixed of more would be no value of a row. */
const MAX_FIXED_BYTES = 32 << 20;
/** Types of a schema, each as often as it is named: one that names another twice may be named twice itself, and so on. */
const MAX_TYPES = 100_000;

type Named = (name: string) => AvroNode;

/** The columns of a file. @throws {ImportError} `malformed_file`, `unsupported` */
export function readAvroSchema(schema: AvroSchema): readonly AvroNode[] {
  const top = new SchemaReader().node(schema, "", "", 0);
  if (top.is === "record" && top.nullAt === undefined) return top.inside;
  throw new ImportError(
    "unsupported",
    `its rows are no records but of type ${top.field.type.name}: write each as a record`,
  );
}

class SchemaReader {
  /** By full name; undefined while the type is being read. */
  readonly #named = new Map<string, Named | undefined>();

  node(schema: AvroSchema, name: string, space: string, depth: number): AvroNode {
    if (depth > MAX_DEPTH) throw damaged("types in types without end");
    if (typeof schema === "string") return this.#called(schema, name, space);
    if (Array.isArray(schema)) return this.#union(schema, name, space, depth);
    if (typeof schema !== "object" || schema === null) throw damaged("its schema has a type that is none");
    const definition = schema as unknown as Definition;
    const { type, items, values } = definition;
    switch (type) {
      case "record":
      case "error":
      case "fixed":
      case "enum":
        return this.#define(definition, name, space, depth);
      case "array": {
        const item = this.node(items as AvroSchema, "item", space, depth + 1);
        return made("list", name, { kind: "list", layout: "list", name: "array" }, [item]);
      }
      case "map":
        return mapOf(this.node(values as AvroSchema, "value", space, depth + 1), name);
    }
    return logical(this.node(type as AvroSchema, name, space, depth + 1), definition);
  }

  #called(type: string, name: string, space: string): AvroNode {
    const simple = Object.hasOwn(simpleTypes, type) ? simpleTypes[type as keyof typeof simpleTypes] : undefined;
    if (simple) return made(type as keyof typeof simpleTypes, name, simple, []);
    const full = type.includes(".") || space === "" ? type : `${space}.${type}`;
    const key = this.#named.has(full) ? full : type;
    if (!this.#named.has(key)) throw damaged(`its schema has an unknown type ${type}`);
    const named = this.#named.get(key);
    if (named) return named(name);
    throw new ImportError("unsupported", `its type ${type} is inside of itself: write the column as text that is JSON`);
  }

  #define(definition: Definition, name: string, space: string, depth: number): AvroNode {
    const own = String(definition.name);
    const at = own.lastIndexOf(".");
    const inner = at > 0 ? own.slice(0, at) : typeof definition.namespace === "string" ? definition.namespace : space;
    const full = at > 0 || inner === "" ? own : `${inner}.${own}`;
    this.#named.set(full, undefined);
    const node = this.#defined(definition, name, inner, depth);
    this.#named.set(full, (name) => renamed(node, name));
    return node;
  }

  #defined(definition: Definition, name: string, space: string, depth: number): AvroNode {
    if (definition.type === "fixed") return logical(fixedOf(definition.size, name), definition);
    if (definition.type === "enum") return enumOf(definition.symbols, name);
    const fields = listOf<{ readonly name: unknown; readonly type: AvroSchema }>(definition.fields, "fields");
    const members = fields.map((field) => this.node(field.type, String(field.name), space, depth + 1));
    return made("record", name, { kind: "struct", layout: "struct", name: "record" }, members);
  }

  /** One type and null is a column that may be null; of others nobody knows what they would be as one. */
  #union(choices: readonly AvroSchema[], name: string, space: string, depth: number): AvroNode {
    const inside = choices.map((choice) => this.node(choice, name, space, depth + 1));
    const nullAt = inside.findIndex(({ is }) => is === "null");
    if (inside.length === 1) return inside[0];
    const one = inside.length === 2 && nullAt >= 0 ? inside[1 - nullAt] : undefined;
    if (one && one.is !== "union") return { ...one, nullAt, field: { ...one.field, isNullable: true } };
    const words = `a union of ${inside.map(({ field }) => field.type.name).join(", ")}`;
    const node = made("union", name, { kind: "unsupported", layout: "struct", name: words }, inside);
    return { ...node, field: { ...node.field, children: [] } };
  }
}

const simpleTypes = {
  null: { kind: "null", layout: "null", name: "null" },
  boolean: { kind: "bool", layout: "bits", name: "boolean" },
  int: { kind: "number", layout: "fixed", name: "int", number: "int32", width: 4 },
  long: { kind: "number", layout: "fixed", name: "long", number: "int64", width: 8 },
  float: { kind: "number", layout: "fixed", name: "float", number: "float", width: 4 },
  double: { kind: "number", layout: "fixed", name: "double", number: "double", width: 8 },
  bytes: { kind: "bytes", layout: "var", name: "bytes" },
  string: { kind: "text", layout: "var", name: "string" },
} as const satisfies Readonly<Record<string, Simple>>;

type Simple = Pick<ArrowType, "kind" | "layout" | "name"> & Partial<ArrowType>;

function made(is: AvroNode["is"], name: string, type: Simple, inside: readonly AvroNode[]): AvroNode {
  const full = { width: 0, isLarge: false, size: 0, ...type };
  const types = inside.reduce((sum, node) => sum + node.types, 1);
  if (types > MAX_TYPES) throw new ImportError("unsupported", `its schema has more than ${MAX_TYPES} types`);
  return {
    is,
    inside,
    types,
    field: { name, isNullable: is === "null", type: full, children: inside.map(({ field }) => field) },
  };
}

function renamed(node: AvroNode, name: string): AvroNode {
  return { ...node, field: { ...node.field, name } };
}

function mapOf(value: AvroNode, name: string): AvroNode {
  const key = made("string", "key", simpleTypes.string, []);
  const entry = made("record", "entries", { kind: "struct", layout: "struct", name: "record" }, [key, value]);
  return made("map", name, { kind: "map", layout: "list", name: "map" }, [entry]);
}

function fixedOf(size: unknown, name: string): AvroNode {
  if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > MAX_FIXED_BYTES)
    throw damaged(`its schema has a fixed of ${size} bytes`);
  const bytes = size as number;
  return {
    ...made("fixed", name, { kind: "fixed", layout: "fixed", name: `fixed[${bytes}]`, width: bytes }, []),
    bytes,
  };
}

function enumOf(symbols: unknown, name: string): AvroNode {
  const texts = listOf<unknown>(symbols, "symbols").map((symbol) => Buffer.from(String(symbol)));
  return { ...made("enum", name, { kind: "text", layout: "var", name: "enum" }, []), symbols: texts };
}

function listOf<T>(found: unknown, what: string): readonly T[] {
  if (Array.isArray(found)) return found;
  throw damaged(`its schema has no ${what}`);
}
