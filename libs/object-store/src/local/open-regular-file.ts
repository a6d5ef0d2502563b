import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** The last part must not be a link; a pipe without a writer must not block the open. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens for reading. What is no regular file (folder, link, pipe, device) does not exist: ENOENT. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ELOOP" ? missing(path) : error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw missing(path);
}

function missing(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOENT: no regular file, open '${path}'`), { code: "ENOENT", errno: -2, path });
}
