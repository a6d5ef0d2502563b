import { fixtureSuite } from "../fixture-suite.ts";

// Files that h5py 3.16 wrote, in the layouts of ann-benchmarks, MilvusDM and others.

fixtureSuite("hdf5", {
  codes: {
    row_count: "malformed_file",
    filter: "unsupported",
    shape: "schema_mismatch",
    nan: "value_invalid",
    missing_field: "schema_mismatch",
    damaged: "malformed_file",
  },
});
