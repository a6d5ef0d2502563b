import { expect, it } from "@jest/globals";
import { vchannelsOf } from "../src/ddl/new-collection.ts";
import { channelNames } from "../src/jobs/snapshot/channels.ts";

it.each([1, 2, 16, 64])(
  "channels of %s shards in a snapshot have names in the order of the shards, whichever theirs are",
  (shards) => {
    // Its first physical channel is the last but one.
    const collectionId = 14n as never;
    const vchannels = vchannelsOf(collectionId, shards);
    const names = channelNames({ vchannels, collectionId });
    expect([...names.keys()]).toEqual(vchannels);
    const ordered = [...names.values()].sort();
    expect(ordered).toEqual([...names.values()]);
    expect(new Set(ordered).size).toBe(shards);
    expect(ordered.every((name, shard) => name.endsWith(`_14v${shard}`))).toBe(true);
  },
);
