import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type HnswHeader, readHnswHeader } from "../../../arrays/indexes/hnsw-graph.ts";
import { readPart } from "../../../arrays/one-file.ts";
import { FileBlocks } from "../../file-blocks.ts";
import { readLabels } from "./label-table.ts";

const VERSION = 1;
/** Elements whose labels are read at a time are about so many bytes. */
const SCAN_BYTES = 1 << 20;

/** The files of the folder that a graph is saved in. */
export interface GraphFiles {
  readonly header: SourceFile;
  readonly elements: SourceFile;
  readonly lengths: SourceFile;
  readonly labels: SourceFile;
}

/** A vector, and what it has to be multiplied by. */
export interface GraphVector {
  readonly bytes: Uint8Array;
  readonly factor: number;
}

/** The vectors of a graph by ids, as Chroma saves it: header, elements and lengths of vectors each in a file of its own. */
export class GraphVectors {
  readonly #header: HnswHeader;
  readonly #labels: ReadonlyMap<string, number>;
  /** Of labels. */
  readonly #positions: ReadonlyMap<number, number>;
  readonly #elements: FileBlocks;
  readonly #lengths: FileBlocks | undefined;

  private constructor(
    header: HnswHeader,
    labels: ReadonlyMap<string, number>,
    positions: ReadonlyMap<number, number>,
    [elements, lengths]: readonly [FileBlocks, FileBlocks | undefined],
  ) {
    this.#header = header;
    this.#labels = labels;
    this.#positions = positions;
    this.#elements = elements;
    this.#lengths = lengths;
  }

  /**
   * @param isNormalized vectors have length 1 in the graph, and their own length beside it
   * @throws {ImportError} `malformed_file`, `unsupported`, with the file
   */
  static async open(files: GraphFiles, isNormalized: boolean, signal: AbortSignal): Promise<GraphVectors> {
    const header = await readHeader(files.header, signal);
    checkSize(files.elements, header.rowCount * header.recordBytes, header.rowCount);
    if (isNormalized) checkSize(files.lengths, 4 * header.rowCount, header.rowCount);
    const labels = await readLabels(files.labels, signal);
    const positions = await readPositions(files.elements, header, signal);
    const lengths = isNormalized ? new FileBlocks(files.lengths, signal) : undefined;
    return new GraphVectors(header, labels, positions, [new FileBlocks(files.elements, signal), lengths]);
  }

  /** @param id of a row, as Chroma's users know it */
  has(id: string): boolean {
    return this.#labels.has(id);
  }

  /** Undefined where there is none. @throws {ImportError} `malformed_file` for an id whose element is not there */
  async find(id: string): Promise<GraphVector | undefined> {
    const label = this.#labels.get(id);
    const position = label === undefined ? undefined : this.#positions.get(label);
    if (position === undefined) return undefined;
    const { recordBytes, vectorAt, vectorBytes } = this.#header;
    const bytes = await this.#elements.bytes(position * recordBytes + vectorAt, vectorBytes);
    const length = await this.#lengths?.bytes(4 * position, 4);
    return { bytes, factor: length?.readFloatLE(0) ?? 1 };
  }
}

async function readHeader(file: SourceFile, signal: AbortSignal): Promise<HnswHeader> {
  try {
    const version = (await readPart(file, 0, 4, "its version", signal)).getUint32(0, true);
    if (version !== VERSION) throw new ImportError("unsupported", `the graph is of version ${version}, not ${VERSION}`);
    return await readHnswHeader(file, 4, signal);
  } catch (error) {
    throw locate(error, { file: file.path });
  }
}

function checkSize({ path, sizeBytes }: SourceFile, needed: number, rows: number): void {
  if (sizeBytes >= needed) return;
  const reason = `the header counts ${rows} vectors, which take ${needed} bytes, and the file has ${sizeBytes}`;
  throw new ImportError("malformed_file", reason, { file: path, byteOffset: sizeBytes });
}

async function readPositions(
  file: SourceFile,
  { rowCount, recordBytes, labelAt }: HnswHeader,
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const positions = new Map<number, number>();
  const atOnce = Math.max(1, Math.floor(SCAN_BYTES / recordBytes));
  for (let first = 0; first < rowCount; first += atOnce) {
    const rows = Math.min(atOnce, rowCount - first);
    const view = await readPart(file, first * recordBytes, rows * recordBytes, "its elements", signal);
    for (let row = 0; row < rows; row++)
      positions.set(Number(view.getBigUint64(row * recordBytes + labelAt, true)), first + row);
  }
  return positions;
}
