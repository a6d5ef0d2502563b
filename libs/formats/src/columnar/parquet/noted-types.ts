import { DataType } from "@sluice/schema";
import type { ColumnDescription } from "../../format.ts";

type NotedType = Pick<ColumnDescription, "dataType" | "elementType" | "dim">;

const types: Readonly<Record<string, DataType | undefined>> = DataType;

/** What an export of ours notes of its columns (`FIELDS_KEY`); nothing where it is not what that would be. */
export function notedTypes(text: string | undefined): ReadonlyMap<string, NotedType> {
  const noted = new Map<string, NotedType>();
  for (const [name, note] of Object.entries(parsed(text))) {
    const { dataType, elementType, dim } = (note ?? {}) as Record<string, unknown>;
    const type = typeNamed(dataType);
    if (type === undefined) continue;
    const element = typeNamed(elementType);
    const isDim = Number.isInteger(dim) && Number(dim) > 0;
    noted.set(name, {
      ...{ dataType: type },
      ...(element !== undefined && { elementType: element }),
      ...(isDim && { dim: Number(dim) }),
    });
  }
  return noted;
}

function typeNamed(name: unknown): DataType | undefined {
  return typeof name === "string" && Object.hasOwn(types, name) ? types[name] : undefined;
}

function parsed(text = "{}"): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Whoever changed it has the types that the columns themselves tell.
    return {};
  }
}
