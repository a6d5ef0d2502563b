import { fixtureSuite } from "../fixture-suite.ts";

// fvecs, bvecs and the formats of big-ann, as they lie on people's disks.

fixtureSuite("vecs", {
  codes: {
    truncated: "malformed_file",
    dim: "malformed_file",
    trailing: "malformed_file",
    ground_truth: "malformed_file",
    nan: "value_invalid",
  },
});
