// Loaded before anything that takes memory. Two things are read once, before this program runs, so the process begins anew with them: the same
// process, some 40 ms later. Who has set one of the variables decides.
//
// glibc's: what readers and writers hold is a few dozen arrays of megabytes in each thread. Left to itself, glibc learns from the
// first ones that are freed to keep such sizes in the heaps of threads, where they leave holes and are never given back: a tenth of
// the memory of a long import. Source: mallopt(3).
//
// V8's: the young generation of the main thread, which would grow to 50 MB by what calls leave in it, the longer the import the more.

const settings = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "262144", MALLOC_TRIM_THRESHOLD_: "262144" };
const flags = ["--max-semi-space-size=2"];
/** Those that import. */
const commands = ["standalone", "datanode"];

const isWanted = process.platform === "linux" && commands.includes(process.argv[2]);
const isSet = Object.keys(settings).some((name) => process.env[name] !== undefined);
// A channel to a parent would not live on.
if (isWanted && !isSet && !process.send && process.execve)
  process.execve(process.execPath, [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    ...settings,
  });

export {};
