/** Bytes of every chunk of a part but its last. Part of the layout: never changed once released. */
export const CHUNK_BYTES = 8 << 20;
/** What contents of volumes lie below in the store of segments. */
const PREFIX = "volumes";
/** The only part of a content that came in one piece. */
export const SINGLE_PART = "0";

/** One part of a content: bytes that came in one piece, and lie in chunks of `CHUNK_BYTES`. */
export interface ContentPart {
  readonly partId: string;
  readonly sizeBytes: number;
}

/** What the objects of a volume begin with. */
export function volumePrefix(volumeId: string): string {
  return `${PREFIX}/${volumeId}/`;
}

/** The key of a content, which is no object: its chunks and its list of parts lie below. */
export function contentKey(volumeId: string, contentId: string): string {
  return `${volumePrefix(volumeId)}${contentId}`;
}

/** The volume and content of a key; undefined for a text that is none. */
export function parseContentKey(key: string): { readonly volumeId: string; readonly contentId: string } | undefined {
  const [, volumeId, contentId] = /^volumes\/([0-9a-f]+)\/([0-9a-f]+)$/.exec(key) ?? [];
  return volumeId === undefined ? undefined : { volumeId, contentId };
}

/** @param chunk number within the part, from 0 */
export function chunkKey(content: string, partId: string, chunk: number): string {
  return `${content}/${partId}/${chunk}`;
}

/**
 * The object that lists the parts of a content which came in several, as JSON. Its version is part of the key, so that a list is
 * never written over by one of other parts.
 */
export function partListKey(content: string, version: string): string {
  return `${content}/parts-${version}`;
}

/** Whether a content came in parts, which its version tells, as ETags of S3 do: those end with `-` and the number of parts. */
export function cameInParts(version: string): boolean {
  return version.includes("-");
}
