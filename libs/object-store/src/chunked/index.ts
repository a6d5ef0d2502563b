export { contentKey, parseContentKey, SINGLE_PART, volumePrefix } from "./chunk-layout.ts";
export { writePart, writePartList } from "./chunk-writer.ts";
export { openContent, VOLUME_SOURCE, type VolumeIndex, withVolumes } from "./chunked-source.ts";
