import { z } from "zod";

/** A member that an object may have. */
export interface KnownMember {
  readonly name: string;
  /** Why it is refused, after its name; undefined: it is not. */
  readonly refused?: string;
  /** Of an object, or of each in a list; undefined: whatever is in it is the caller's. */
  readonly inner?: KnownMembers;
}

/** Members of an object, by their names in small letters, as Go's decoder finds them. */
export type KnownMembers = ReadonlyMap<string, KnownMember> & {
  /** Others are refused, not passed over. */
  readonly isClosed?: boolean;
};

/** What of JSON Schema is looked at. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: unknown;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly refused?: string;
}

const known = new WeakMap<z.ZodType, KnownMembers>();
const none: KnownMembers = new Map();

/** Of a body or a query, as OpenAPI shows it. */
export function membersOf(schema: z.ZodType | undefined): KnownMembers {
  if (!schema) return none;
  const before = known.get(schema);
  if (before) return before;
  const found = inside(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema) ?? none;
  known.set(schema, found);
  return found;
}

function inside({ properties, items, anyOf, additionalProperties }: JsonSchema): KnownMembers | undefined {
  if (items) return inside(items);
  if (anyOf) return anyOf.map(inside).find((found) => found);
  if (!properties || (additionalProperties !== undefined && additionalProperties !== false)) return undefined;
  const entries = Object.entries(properties).map(
    ([name, schema]) => [name.toLowerCase(), memberOf(name, schema)] as const,
  );
  return Object.assign(new Map(entries), { isClosed: additionalProperties === false });
}

function memberOf(name: string, schema: JsonSchema): KnownMember {
  const refused = schema.refused ?? schema.anyOf?.find((one) => one.refused)?.refused;
  const inner = inside(schema);
  return { name, ...(refused && { refused }), ...(inner && { inner }) };
}
