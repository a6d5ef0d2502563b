#!/usr/bin/env node
import "./node-version.ts";
import "./allocator.ts";
import "./io-threads.ts";

// Only then, since all that is imported here is loaded before the first line of any of it runs.
await import("./program.ts");
