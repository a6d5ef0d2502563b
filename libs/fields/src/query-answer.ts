import { common } from "@sluice/rpc";
import { DataType, type FieldSchema } from "@sluice/schema";
import { BYTES, FieldCursor, VARINT } from "@sluice/values";
import { countElements } from "./decode-cells.ts";
import { countVarints, packedNumbers, readVarints } from "./packed-numbers.ts";
import { type FieldBytes, messageOf, splitFieldData } from "./split-field-data.ts";

/** A field of an answer. */
export interface AnsweredField extends FieldBytes {
  /** Of an Int64 field. */
  integers(): BigInt64Array;
}

/** A serialized `milvus.QueryResults`, taken apart; values stay as they came. */
export interface QueryAnswer {
  readonly status: common.Status | undefined;
  readonly fields: readonly AnsweredField[];
  /** Hybrid, by the peer's clock, at which it has read; 0 where it says nothing. */
  readonly sessionTs: bigint;
  readonly sizeBytes: number;
}

function answeredField(bytes: Uint8Array): AnsweredField {
  const field = splitFieldData(bytes);
  return { ...field, integers: () => longsOf(field) };
}

/** The member `long_data` of `schema.ScalarField`. */
function longsOf({ scalars }: FieldBytes): BigInt64Array {
  const list = scalars && messageOf(scalars, 3);
  const packed = list ? packedNumbers(list, 1, VARINT) : new Uint8Array(0);
  const words = new Uint32Array(2 * countVarints(packed));
  readVarints(packed, words);
  return new BigInt64Array(words.buffer);
}

/** @throws {RangeError} for bytes that are no message */
export function splitQueryAnswer(bytes: Uint8Array): QueryAnswer {
  const cursor = new FieldCursor(bytes);
  const fields: AnsweredField[] = [];
  let status: common.Status | undefined;
  let sessionTs = 0n;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    const [number, wireType] = [tag >>> 3, tag & 7];
    if (number === 1 && wireType === BYTES) status = common.Status.decode(cursor.lengthDelimited());
    else if (number === 2 && wireType === BYTES) fields.push(answeredField(cursor.lengthDelimited()));
    else if (number === 5) sessionTs = BigInt.asUintN(64, cursor.int64());
    else cursor.skip(wireType);
  }
  return { status, fields, sessionTs, sizeBytes: bytes.length };
}

/** How many keys there are. */
export function countKeys(key: FieldSchema, { scalars }: FieldBytes): number {
  const isInt64 = key.dataType === DataType.Int64;
  const list = scalars && messageOf(scalars, isInt64 ? 3 : 6);
  if (!list) return 0;
  return isInt64 ? countVarints(packedNumbers(list, 1, VARINT)) : countElements(list, 1);
}
