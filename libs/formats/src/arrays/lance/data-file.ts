import type { SourceFile } from "@sluice/object-store";
import { Damage, damageError } from "@sluice/parquet";
import { Message } from "../../protobuf.ts";
import { type PageLayout, parsePageLayout } from "./page-layout.ts";

const FOOTER_BYTES = 40;
const MAGIC = "LANC";
/** Of the metadata of one column. */
const MAX_COLUMN_BYTES = 64 << 20;
/** Most that is read of a page at once: writers make pages of eight megabytes. */
const MAX_BUFFER_BYTES = 256 << 20;

/** Rows of a column that lie together. */
export interface LancePage {
  readonly rowCount: number;
  readonly layout: PageLayout;
  readonly buffers: readonly { readonly position: number; readonly sizeBytes: number }[];
}

/** A data file of version 2. Source: lance, `protos/file2.proto`. */
export class DataFile {
  readonly source: SourceFile;
  readonly #columns: readonly { readonly position: number; readonly sizeBytes: number }[];

  private constructor(source: SourceFile, columns: DataView) {
    this.source = source;
    this.#columns = Array.from({ length: columns.byteLength / 16 }, (_, i) => ({
      position: Number(columns.getBigUint64(16 * i, true)),
      sizeBytes: Number(columns.getBigUint64(16 * i + 8, true)),
    }));
  }

  /** @throws {ImportError} `malformed_file` */
  static async open(source: SourceFile, signal: AbortSignal): Promise<DataFile> {
    const footer = viewOf(await readPart(source, source.sizeBytes - FOOTER_BYTES, FOOTER_BYTES, signal));
    const magic = Buffer.from(footer.buffer, footer.byteOffset + 36, 4).toString("latin1");
    if (magic !== MAGIC) throw located(source, new Damage("it does not end as a Lance file"));
    const table = Number(footer.getBigUint64(8, true));
    return new DataFile(source, viewOf(await readPart(source, table, footer.getUint32(28, true) * 16, signal)));
  }

  /** The pages of a column. @throws {ImportError} `unsupported` for what of it is not read; `malformed_file` */
  async pages(column: number, signal: AbortSignal): Promise<LancePage[]> {
    const place = this.#columns[column];
    if (!place) throw located(this.source, new Damage(`it has ${this.#columns.length} columns, not number ${column}`));
    if (place.sizeBytes > MAX_COLUMN_BYTES)
      throw located(this.source, new Damage(`a column tells of itself in ${place.sizeBytes} bytes`));
    const bytes = await readPart(this.source, place.position, place.sizeBytes, signal);
    return this.decode(() => new Message(bytes).messages(2).map(parsePage));
  }

  /** @throws {ImportError} `malformed_file` */
  async buffer({ position, sizeBytes }: LancePage["buffers"][number], signal: AbortSignal): Promise<Uint8Array> {
    if (sizeBytes > MAX_BUFFER_BYTES) throw located(this.source, new Damage(`a page takes ${sizeBytes} bytes`));
    return await readPart(this.source, position, sizeBytes, signal);
  }

  /** Runs a decoder, whose errors get the name of the file. */
  decode<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw located(this.source, error);
    }
  }
}

function parsePage(page: Message): LancePage {
  const [positions, sizes] = [page.numbers(1), page.numbers(2)];
  // An encoding is written where it is used.
  const layout = parsePageLayout(page.message(4).message(2).bytes(1));
  return {
    rowCount: page.number(3),
    layout,
    buffers: positions.map((position, i) => ({ position, sizeBytes: sizes[i] ?? 0 })),
  };
}

async function readPart(source: SourceFile, position: number, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  if (!(position >= 0 && position + bytes <= source.sizeBytes)) throw located(source, new Damage("it is cut short"));
  const target = new Uint8Array(bytes);
  if ((await source.readInto(position, target, signal)) < bytes)
    throw located(source, new Damage("it has become shorter"));
  return target;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function located({ path }: SourceFile, error: unknown): unknown {
  return damageError(error, "the Lance file", { file: path });
}
