#!/usr/bin/env node
// What npm links as `sluice` where the command was installed as a package. An older Node would stumble over the first file.
const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(
    `sluice: Node ${process.versions.node} is too old: install Node 24 or later (or: npx -p node@24 -p FILE.tgz sluice …)\n`,
  );
  process.exit(1);
}
await import("../dist/allocator.js");
await import("../dist/io-threads.js");
await import("../dist/sluice.js");
