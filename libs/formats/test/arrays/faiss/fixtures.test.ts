import { fixtureSuite } from "../fixture-suite.ts";

// Indexes that faiss-cpu 1.15.1 wrote.

fixtureSuite("faiss", {
  codes: {
    lossy: "unsupported",
    transformed: "unsupported",
    big_endian: "unsupported",
    ids_lost: "malformed_file",
    truncated: "malformed_file",
    damaged: "malformed_file",
    unknown: "unsupported",
  },
  isUnordered: true,
});
