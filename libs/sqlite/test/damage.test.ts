import { beforeAll, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import fc from "fast-check";
import { SqlDatabase } from "../src/database.ts";
import { bytesAt, openFiles, rowsIn, type WrittenFiles, written } from "./database-files.ts";

// Files that are not as SQLite writes them are errors with their place, or rows: never a crash, a hang or fewer rows unseen.

let files: WrittenFiles;
beforeAll(() => {
  files = written((db) => {
    db.exec("PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); BEGIN");
    const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
    for (let i = 0; i < 60; i++) insert.run(i, `${i}`.repeat(i * 10));
    db.exec("COMMIT; PRAGMA wal_checkpoint(FULL); UPDATE t SET v = 'new' WHERE id > 30");
  }, true);
});

const readAll = async (changed: WrittenFiles) => (await rowsIn(await openFiles(changed), "t")).length;

async function refusal(changed: WrittenFiles): Promise<string> {
  const error = await readAll(changed).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ImportError);
  return (error as ImportError).message;
}

function withBytes(at: number, ...bytes: number[]): WrittenFiles {
  const database = Uint8Array.from(files.database);
  database.set(bytes, at);
  return { database };
}

describe("a damaged database", () => {
  it("that is none, or encrypted", async () => {
    const database = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255);
    expect(await refusal({ database })).toContain("it is another file, or encrypted (test.db, byte 0)");
    expect(await refusal({ database: new Uint8Array(3) })).toContain("it is another file, or encrypted");
  });

  it("that was cut short", async () => {
    const { database } = files;
    expect(await refusal({ database: database.subarray(0, database.length - 512) })).toContain("it was cut short");
  });

  it("whose claims are beyond it", async () => {
    expect(await refusal(withBytes(16, 0, 3))).toContain("it claims pages of 3 bytes");
    expect(await refusal(withBytes(20, 200))).toContain("it claims 200 unused bytes in each page");
    expect(await refusal(withBytes(103, 255, 255))).toContain("it claims 65535 cells");
    expect(await refusal(withBytes(512, 77))).toContain("it begins with 77");
  });

  it("whose transaction was broken off", async () => {
    const journal = bytesAt("test.db-journal", Buffer.from("d9d505f920a163d700000001", "hex"));
    const opened = SqlDatabase.open(
      { database: bytesAt("test.db", files.database), journal },
      { signal: new AbortController().signal },
    );
    await expect(opened).rejects.toThrow("open the database once with its own program");
  });

  it("whose tree leads in a circle", async () => {
    // The root of the table is page 2, an interior page: its last child becomes itself.
    const message = await refusal(withBytes(512 + 8, 0, 0, 0, 2));
    expect(message).toMatch(/stands behind row|circle|levels/);
  });

  it("whose row is wrong twice is one error, of which nothing comes later", async () => {
    const { database } = written((db) => {
      db.exec("PRAGMA page_size = 512; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
      db.prepare("INSERT INTO t VALUES (5, 'five'), (6, ?)").run("x".repeat(60));
    });
    const cell = 512 + Buffer.from(database).readUInt16BE(512 + 8 + 2);
    // A length beyond the database, and an id below that of the row before.
    database.set([0x9f, 0x81, 0x07, 1], cell);
    const unheard: unknown[] = [];
    const hear = (error: unknown) => unheard.push(error);
    process.on("unhandledRejection", hear);
    try {
      expect(await refusal({ database })).toContain("page 2: a row claims 508039 bytes, more than the database has");
      await new Promise(setImmediate);
    } finally {
      process.off("unhandledRejection", hear);
    }
    expect(unheard).toEqual([]);
  });

  it("in any byte is an error or rows", async () => {
    const change = fc.record({
      inLog: fc.boolean(),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const [database, log] = [Uint8Array.from(files.database), Uint8Array.from(files.log as Uint8Array)];
        for (const { inLog, at, byte } of changes) {
          const bytes = inLog ? log : database;
          bytes[Math.floor(at * bytes.length)] = byte;
        }
        const outcome = await readAll({ database, log }).catch((error: unknown) => error);
        if (typeof outcome !== "number") expect(outcome).toBeInstanceOf(ImportError);
      }),
      { numRuns: 300 },
    );
  });
});
