import { excerpt, ImportError } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import type { SourceDescription } from "../format.ts";
import { FieldPlan } from "../plan/field-plan.ts";
import type { Part } from "./part.ts";

/**
 * The plan of each part: it reads the fields that its columns are called after, the last part also those that nothing is called
 * after, to which vectors without a name of their own may belong. To the others a field of another part is as if it were made.
 * @throws {ImportError} `schema_mismatch` for a field that two parts have; `unsupported` for a form of values that a part lacks
 */
export function claimFields(
  parts: readonly Part[],
  described: readonly SourceDescription[],
  plan: FieldPlan,
): FieldPlan[] {
  const owners = new Map<number, number>();
  for (const [part, { columns }] of described.entries()) {
    for (const { name } of columns)
      for (const field of fieldsOf(plan, name)) {
        const owner = owners.get(field) ?? part;
        if (owner !== part) throw twice(plan, field, parts[owner], parts[part]);
        owners.set(field, part);
      }
  }
  const rest = restPart(parts);
  checkForms(plan, (field) => parts[owners.get(field) ?? rest]);
  return parts.map((_, part) => planOf(plan, (field) => (owners.get(field) ?? rest) === part));
}

/** @throws {ImportError} `unsupported` for a form of values (`as`) that is meant for a file whose format has none */
function checkForms({ schema, options }: FieldPlan, partOf: (field: number) => Part): void {
  for (const [name, form] of options.forms ?? []) {
    const { format, sources } = partOf(schema.fields.findIndex((field) => field.name === name));
    if (format.takesForms) continue;
    const reason = `options.fields_mapping: "as": "${form}" of field '${name}' is for text and Parquet or Arrow, and this is ${format.title}`;
    throw new ImportError("unsupported", reason, { file: sources[0].path, field: name });
  }
}

/** Formats of arrays know what to do with a column of no field's name. */
function restPart(parts: readonly Part[]): number {
  const arrays = parts.findIndex(({ format }) => format.mixesAs === "arrays" || format.name === "arrays");
  return arrays < 0 ? parts.length - 1 : arrays;
}

function fieldsOf(plan: FieldPlan, name: string): readonly number[] {
  const target = plan.target(name);
  if (target.kind === "field" || target.kind === "meta") return [target.index];
  if (target.kind === "struct") return target.members;
  return [];
}

function twice(plan: FieldPlan, field: number, first: Part, second: Part): ImportError {
  const { name } = plan.schema.fields[field];
  const reason = `two files for field '${excerpt(name)}': ${first.sources[0].path} and ${second.sources[0].path}`;
  return new ImportError("schema_mismatch", reason, { file: second.sources[0].path, field: name });
}

function planOf(plan: FieldPlan, isOwn: (field: number) => boolean): FieldPlan {
  const { schema, options, uses } = plan;
  const fields = schema.fields.map((field, i) => (isOwn(i) ? field : elsewhere(field)));
  const own = new Set(schema.fields.filter((_, i) => isOwn(i)).map(({ name }) => name));
  const structs = schema.structs.map((struct) => {
    const isStructOwn = struct.members.some((member) => own.has(`${struct.name}[${member}]`));
    return isStructOwn ? struct : { ...struct, nullable: true };
  });
  const names = new Set([
    ...own,
    ...structs.filter((struct) => schema.structs.includes(struct)).map(({ name }) => name),
  ]);
  const mapping = new Map([...options.mapping].filter(([, name]) => names.has(name)));
  return new FieldPlan({ ...schema, fields, structs }, { ...options, mapping }, uses);
}

/** A field that another part gives: nobody misses it here. */
function elsewhere(field: FieldSchema): FieldSchema {
  return { ...field, isPrimaryKey: false, isFunctionOutput: true };
}
