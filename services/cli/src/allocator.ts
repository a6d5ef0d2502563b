// Imported before anything else. What readers and writers hold is a few dozen arrays of megabytes in each thread. Left to itself,
// glibc learns from the first ones that are freed to keep such sizes in the heaps of threads, where they leave holes and are never
// given back: a tenth of the memory of a long import. It reads its settings once, before this program runs, so the process
// begins anew with them: the same process, some 40 ms later. Who has set one of them decides. Source: mallopt(3).

const settings = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "262144", MALLOC_TRIM_THRESHOLD_: "262144" };
/** Those that import. */
const commands = ["standalone", "datanode"];

const isWanted = process.platform === "linux" && commands.includes(process.argv[2]);
const isSet = Object.keys(settings).some((name) => process.env[name] !== undefined);
// A channel to a parent would not live on.
if (isWanted && !isSet && !process.send && process.execve)
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    ...settings,
  });

export {};
