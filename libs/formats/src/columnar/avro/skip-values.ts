import { damaged } from "../../avro/read-datum.ts";
import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";

/** Passes over a value that nobody needs. */
export type SkipValue = (at: BlockCursor) => void;

/** How a value is passed over. */
export function skipperOf(node: AvroNode): SkipValue {
  const { nullAt } = node;
  if (nullAt === undefined) return skipValue(node);
  const choices = [skipValue(node), skipValue(node)];
  choices[nullAt] = nothing;
  return choice(choices);
}

const nothing: SkipValue = () => {};

function choice(choices: readonly SkipValue[]): SkipValue {
  return (at) => {
    const found = at.size();
    if (found >= choices.length) throw damaged(`choice ${found} of a union of ${choices.length}`);
    choices[found](at);
  };
}

function skipValue({ is, inside, bytes = 0 }: AvroNode): SkipValue {
  switch (is) {
    case "null":
      return nothing;
    case "boolean":
      return (at) => void at.take(1);
    case "int":
    case "long":
    case "enum":
      return (at) => void at.long();
    case "float":
      return (at) => void at.take(4);
    case "double":
      return (at) => void at.take(8);
    case "fixed":
      return (at) => void at.take(bytes);
    case "bytes":
    case "string":
      return (at) => void at.take(at.size());
    case "union":
      return choice(inside.map(skipperOf));
    case "record": {
      const members = inside.map(skipperOf);
      return (at) => {
        for (const skip of members) skip(at);
      };
    }
  }
  return skipList(skipperOf(inside[0]));
}

function skipList(item: SkipValue): SkipValue {
  return (at) => {
    for (let count: number; (count = at.items(1)) > 0; ) for (let i = 0; i < count; i++) item(at);
  };
}
