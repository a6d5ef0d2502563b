import { writeSync } from "node:fs";
import { EmbeddedMetaStore } from "@sluice/metastore";

// Child of the crash test: `node crash-writer.ts FOLDER SEED`. Eight writers move numbers between two records each, in one
// transaction, and print "WRITER NUMBER REVISION" when it is acknowledged. Runs until it is killed.

const [folder, seed] = process.argv.slice(2);
const store = await EmbeddedMetaStore.open({ path: folder });

async function write(writer: number): Promise<never> {
  const key = `run-${seed}/writer-${writer}`;
  for (let number = 1; ; number++) {
    const revision = await store.commit({
      guards: [],
      writes: [
        { key: `${key}/left`, value: `${number}` },
        { key: `${key}/right`, value: `${-number}${"x".repeat((number * 131) % 6000)}` },
      ],
    });
    writeSync(1, `${writer} ${number} ${revision}\n`);
  }
}

writeSync(1, "ready\n");
await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
