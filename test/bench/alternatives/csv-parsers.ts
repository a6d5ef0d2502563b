import { createReadStream } from "node:fs";
import type { CollectionSchema } from "@sluice/schema";
import Papa from "papaparse";
import { SegmentRows } from "./segment-rows.ts";

interface Row {
  readonly id: string;
  readonly vector: string;
}

/** Papa Parse reads the first `rows` records, their vectors by JSON.parse, into the same segments as ours. */
export async function papaparse(path: string, rows: number, schema: CollectionSchema, folder: string): Promise<void> {
  await using segments = await SegmentRows.open(schema, folder);
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  let read = 0;
  await new Promise<void>((resolve, reject) => {
    const step = ({ data: { id, vector } }: { readonly data: Row }, parser: Papa.Parser) => {
      const isFull = segments.add(BigInt(id), JSON.parse(vector));
      if (++read === rows) parser.abort();
      else if (isFull) {
        parser.pause();
        segments.flush().then(() => parser.resume(), reject);
      }
    };
    Papa.parse<Row>(file, { header: true, step, complete: () => resolve(), error: reject });
  });
  file.destroy();
  if (read !== rows) throw new Error(`Papa Parse read ${read} of ${rows} rows`);
  await segments.seal();
}
