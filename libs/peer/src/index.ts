export { checkRoom } from "./check-room.ts";
export { compareRows } from "./compare-rows.ts";
export { describePeerCollection, type PeerCollection, type PeerIndex } from "./describe-collection.ts";
export { type ImportedSegment, importSegments } from "./import-segments.ts";
export { insertRows } from "./insert-rows.ts";
export { inKeyRange } from "./key-text.ts";
export {
  canKeepAutomaticKeys,
  collectionOfAlias,
  dropCollection,
  hasCollection,
  isLoaded,
  loadCollection,
  makeCollection,
  type PeerDeclarations,
  pointAlias,
  renameCollection,
} from "./make-collection.ts";
export { countRows, MilvusPeer, type PeerRows } from "./milvus-peer.ts";
export { type AskedPeer, type PeerPlace, type PeerSecret, peerName, peerPlaceOf } from "./peer-place.ts";
export { readPages } from "./read-pages.ts";
export { splitKeys } from "./split-keys.ts";
