// Imported before anything else: the pool is made when it is first used, and keeps its size. Node's four threads are shared
// by reads, writes and syncs of all workers; a sync holds one for as long as the disk takes.
process.env.UV_THREADPOOL_SIZE ??= "8";
