/**
 * A message as protobuf's JSON has it, its members named as in the proto: integers of 64 bits are texts, values of enums names, and
 * bytes base64. Source: protobuf.dev, "ProtoJSON Format".
 */
export function protoJson(message: object): Uint8Array {
  const text = (_name: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return Buffer.from(`${JSON.stringify(message, text, 2)}\n`);
}

/** `string_data` of `stringData`. */
export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The name of a value of an enum; a value that is not known stays a number, which readers take as well. */
export function enumName(values: Readonly<Record<string, number>>, value: number): string | number {
  return Object.entries(values).find(([, one]) => one === value)?.[0] ?? value;
}
