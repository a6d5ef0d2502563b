import type { JobRecord } from "@sluice/catalog";

/** Digits of a shard's number: there may be 64 shards. */
const DIGITS = 2;

/**
 * Names that channels have in a snapshot, by those that they have here. A restore pairs them with the channels of the new collection by
 * the order of their names, which there is that of the shards as long as its physical channels are equally busy; so it is here. A pair of
 * different shards would have rows where later deletes of their keys do not come. Source: Milvus `buildChannelMapping`,
 * `sortChannelsByVChannelCount`.
 */
export function channelNames({ vchannels, collectionId }: Pick<JobRecord, "vchannels" | "collectionId">) {
  return new Map(
    vchannels.map((vchannel, shard) => {
      const physical = String(shard).padStart(DIGITS, "0");
      return [vchannel, `by-dev-rootcoord-dml_${physical}_${collectionId}v${shard}`];
    }),
  );
}
