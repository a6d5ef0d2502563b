// Loaded before anything else, and in words that every older Node reads: what comes after it begins with a SyntaxError there.

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(
    `sluice: Node ${process.versions.node} is too old: run \`npm run -s sluice -- COMMAND\` in the clone, which brings Node 24, or install Node 24 or later\n`,
  );
  process.exit(1);
}

export {};
