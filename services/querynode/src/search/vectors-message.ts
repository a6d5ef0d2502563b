import type { segmentReader } from "@sluice/rpc";
import { packed, unpacked } from "../nodes/packed.ts";
import type { PlainVectors, QueryVectors } from "./query-vectors.ts";

// Vectors that are searched for, as they travel.

/** As they travel to other nodes. */
export function vectorsMessage(queries: QueryVectors): segmentReader.SearchedVectors {
  const plain = queries.kind === "lists" ? queries.vectors : queries;
  const ends = queries.kind === "lists" ? packed(queries.ends) : NONE;
  return { count: queries.count, floats: NONE, bits: [], sparse: [], ends, ...plainMessage(plain) };
}

function plainMessage(plain: PlainVectors): Partial<segmentReader.SearchedVectors> {
  switch (plain.kind) {
    case "floats":
      return { floats: packed(plain.values) };
    case "bits":
      return { bits: plain.values.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) };
    case "sparse":
      return {
        sparse: plain.values.map(({ indices, values }) => ({
          ...{ indices: packed(indices), values: packed(Float64Array.from(values)) },
        })),
      };
  }
}

/** The same back. */
export function vectorsOfMessage(message: segmentReader.SearchedVectors): QueryVectors {
  const { count } = message;
  if (message.ends.length === 0) return plainOf(message, count);
  const ends = unpacked.uint32(message.ends);
  return { kind: "lists", count, ends, vectors: plainOf(message, ends[ends.length - 1]) };
}

function plainOf({ floats, bits, sparse }: segmentReader.SearchedVectors, count: number): PlainVectors {
  if (floats.length > 0) return { kind: "floats", count, values: unpacked.float32(floats) };
  if (bits.length > 0) return { kind: "bits", count, values: bits };
  const values = sparse.map((one) => ({
    ...{ indices: unpacked.uint32(one.indices), values: unpacked.float64(one.values) },
  }));
  return { kind: "sparse", count, values };
}

const NONE = Buffer.alloc(0);
