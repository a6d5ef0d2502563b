import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type BinlogDescriptor, EventType, encodeBinlogHead, parseBinlog } from "../src/index.ts";

const timestamp = 445644800000000000n;
const descriptor: BinlogDescriptor = {
  collectionId: 1n,
  partitionId: 2n,
  segmentId: 3n,
  fieldId: 100n,
  startTimestamp: timestamp,
  endTimestamp: timestamp,
  dataType: DataType.Int64,
  extras: { originalSize: 24, nullable: undefined, version: undefined },
};
/** The worked example of the format: a file of three rows, without its payload of 300 bytes. */
const example = `
  bc fa ff 00 00 00 00 a0 95 3f 2f 06 00 67 00 00 00 6b 00 00 00 01 00 00 00 00 00 00 00 02 00 00
  00 00 00 00 00 03 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00 00 00 00 a0 95 3f 2f 06 00 00 00
  a0 95 3f 2f 06 05 00 00 00 34 10 10 10 10 10 10 10 16 00 00 00 7b 22 6f 72 69 67 69 6e 61 6c 5f
  73 69 7a 65 22 3a 22 32 34 22 7d 00 00 00 a0 95 3f 2f 06 01 4d 01 00 00 b8 01 00 00 00 00 00 a0
  95 3f 2f 06 00 00 00 a0 95 3f 2f 06`;
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** A file around any payload. */
function file(payload: Uint8Array, of: BinlogDescriptor = descriptor): Buffer {
  return Buffer.concat([encodeBinlogHead(of, EventType.Insert, timestamp, payload.length), payload]);
}

describe("envelope", () => {
  it("writes the worked example of the 2.3 form", () => {
    expect(Buffer.from(encodeBinlogHead(descriptor, EventType.Insert, timestamp, 300))).toEqual(hex(example));
  });

  it("writes the 2.5 form with `nullable` first", () => {
    const of = { ...descriptor, extras: { ...descriptor.extras, nullable: false } };
    const head = Buffer.from(encodeBinlogHead(of, EventType.Insert, timestamp, 300));
    expect(head.subarray(0x0d, 0x15)).toEqual(hex("78 00 00 00 7c 00 00 00"));
    expect(head.subarray(0x51, 0x55)).toEqual(hex("27 00 00 00"));
    expect(head.toString("utf8", 0x55, 0x7c)).toBe('{"nullable":false,"original_size":"24"}');
    expect(head.subarray(0x85, 0x8d)).toEqual(hex("4d 01 00 00 c9 01 00 00"));
    expect(head.length).toBe(0x9d);
  });

  it("reads what it wrote, whatever the next positions say", () => {
    const bytes = file(Buffer.from("payload"));
    bytes.writeInt32LE(-1, 17);
    bytes.writeInt32LE(-1, 0x6b + 13);
    const log = parseBinlog(bytes);
    expect(log.descriptor).toEqual(descriptor);
    expect(log.events).toEqual([
      {
        type: 1,
        startTimestamp: timestamp,
        endTimestamp: timestamp,
        payload: Buffer.from("payload"),
        payloadOffset: 140,
      },
    ]);
  });

  it.each<[what: string, damage: (bytes: Buffer) => Buffer, code: string, reason: RegExp]>([
    ["no magic number", (bytes) => bytes.fill(0, 0, 4), "malformed_file", /magic number/],
    ["storage v2", () => Buffer.from("PAR1....PAR1"), "unsupported", /storage version 2/],
    ["an empty file", () => Buffer.alloc(0), "malformed_file", /magic number/],
    ["a cut event", (bytes) => bytes.subarray(0, bytes.length - 1), "malformed_file", /event length 340/],
    ["a negative length", (bytes) => withInt(bytes, 13, -5), "malformed_file", /event length -5/],
    ["no descriptor", (bytes) => withInt(bytes, 12, 0x6701), "malformed_file", /first event has type 1/],
    ["extras past the event", (bytes) => withInt(bytes, 81, 500), "malformed_file", /extras of 500 bytes/],
    ["extras that are no JSON", (bytes) => bytes.fill("x", 85, 87), "malformed_file", /extras are no JSON/],
    ["an unknown type", (bytes) => withInt(bytes, 69, 77), "unsupported", /data type 77/],
  ])("refuses %s", (_what, damage, code, reason) => {
    const bytes = damage(file(Buffer.alloc(307)));
    expect(() => parseBinlog(bytes)).toThrow(expect.objectContaining({ code, reason: expect.stringMatching(reason) }));
  });

  it("refuses encrypted files and a `nullable` that is no boolean", () => {
    const withExtras = (text: string) => {
      const bytes = file(Buffer.alloc(40));
      bytes.write(text.padEnd(22), 85);
      return bytes;
    };
    expect(() => parseBinlog(withExtras('{"edek":"x"}'))).toThrow(/encrypted/);
    expect(() => parseBinlog(withExtras('{"nullable":"true"}'))).toThrow(/value of nullable must in bool format/);
    expect(parseBinlog(withExtras("{}")).descriptor.extras.originalSize).toBe(-1);
  });
});

function withInt(bytes: Buffer, at: number, value: number): Buffer {
  bytes.writeInt32LE(value, at);
  return bytes;
}
