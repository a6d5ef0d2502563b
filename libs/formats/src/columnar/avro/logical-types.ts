import type { ArrowType } from "../arrow/ipc/arrow-type.ts";
import type { AvroNode, Definition } from "./avro-node.ts";

const times = {
  date: { is: "int", kind: "date", unit: "day" },
  "time-millis": { is: "int", kind: "time", unit: "ms" },
  "time-micros": { is: "long", kind: "time", unit: "us" },
  "timestamp-millis": { is: "long", kind: "timestamp", unit: "ms", isUtc: true },
  "timestamp-micros": { is: "long", kind: "timestamp", unit: "us", isUtc: true },
  "timestamp-nanos": { is: "long", kind: "timestamp", unit: "ns", isUtc: true },
  "local-timestamp-millis": { is: "long", kind: "timestamp", unit: "ms", isUtc: false },
  "local-timestamp-micros": { is: "long", kind: "timestamp", unit: "us", isUtc: false },
  "local-timestamp-nanos": { is: "long", kind: "timestamp", unit: "ns", isUtc: false },
} as const;

/** What a value means beside how it is written; what is not known, or stands at another type, is passed over, as Avro has it. */
export function logical(node: AvroNode, { logicalType, precision, scale = 0 }: Definition): AvroNode {
  const { is } = node;
  const name = String(logicalType);
  if (
    logicalType === "decimal" &&
    (is === "bytes" || is === "fixed") &&
    Number.isInteger(scale) &&
    Math.abs(Number(scale)) <= 1000
  )
    return withType(node, {
      kind: "decimal",
      layout: "fixed",
      name: `decimal(${precision}, ${scale})`,
      width: 32,
      scale: Number(scale),
    });
  if (logicalType === "uuid" && node.bytes === 16) return withType(node, { kind: "uuid", name });
  const time = Object.hasOwn(times, name) ? times[name as keyof typeof times] : undefined;
  if (time?.is !== is || !time) return node;
  const { is: _, ...type } = time;
  return withType(node, { ...type, name });
}

function withType(node: AvroNode, type: Partial<ArrowType>): AvroNode {
  return { ...node, field: { ...node.field, type: { ...node.field.type, ...type } } };
}
