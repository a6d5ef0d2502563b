/** Says at the end of a run what was skipped and how to get it. Plain JavaScript: jest loads reporters without its transforms. */
module.exports = class SkippedReporter {
  onRunComplete(_contexts, { numPendingTests, testResults }) {
    if (numPendingTests === 0) return;
    const files = testResults.filter((result) => result.numPendingTests > 0).map((result) => result.testFilePath);
    const shown = files.map((file) => `  ${file.slice(process.cwd().length + 1)}`).sort();
    process.stderr.write(
      `\n${numPendingTests} tests were skipped, of ${files.length} files: they talk to servers or clients that are not installed here.\n` +
        `${shown.join("\n")}\nTo run them, too: test/servers.sh pymilvus milvus core s3 helm kube prometheus image (Debian)\n`,
    );
  }
};
