// Tests run on the TypeScript sources (`source` condition), as native ES modules; swc only removes the types.
module.exports = {
  testEnvironment: "node",
  testMatch: ["**/test/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  modulePathIgnorePatterns: ["/dist/"],
  extensionsToTreatAsEsm: [".ts"],
  // Never add `import`, `require` or `default` here: jest adds the right one per call.
  testEnvironmentOptions: { customExportConditions: ["source", "node", "node-addons"] },
  setupFilesAfterEnv: ["<rootDir>/test/support/equal-bytes.ts"],
  globalSetup: "<rootDir>/test/support/sluice-program.ts",
  globalTeardown: "<rootDir>/test/support/sluice-program-end.ts",
  // A process keeps the modules of every file that it has run, each with 128 MB of address space for its buffers, and the engine collects
  // garbage the more often for it: the suites of formats take twice the time in one that lives on.
  workerIdleMemoryLimit: "250MB",
  reporters: ["default", "<rootDir>/test/support/skipped-reporter.cjs"],
  testTimeout: 60_000,
  // Maps in files of their own: a module is a third as long without, and each file of tests reads and compiles its modules anew.
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "esnext", parser: { syntax: "typescript" } }, module: { type: "es6" }, sourceMaps: true },
    ],
  },
};
