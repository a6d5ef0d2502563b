import { constants, createZstdDecompress } from "node:zlib";
import { ZlibHandle } from "./zlib-handle.ts";

/** Larger windows are left to others: an engine keeps its own. */
const MAX_WINDOW_LOG = 23;
/** A frame without content: at the end of another one it is taken, in the middle of one it is damage. */
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0);

/** Decompresses zstd into memory that is given: collecting what `zstdDecompressSync` takes cost more than decompressing. */
export class ZstdEngine {
  readonly #handle: ZlibHandle;

  private constructor(handle: ZlibHandle) {
    this.#handle = handle;
  }

  /** Undefined where this Node has it otherwise. */
  static open(): ZstdEngine | undefined {
    const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
    const handle = ZlibHandle.of(createZstdDecompress({ params }));
    return handle && new ZstdEngine(handle);
  }

  /**
   * Whether `input` is whole frames, `maxFrames` at most, that fill `output` exactly; then it does. After a false the engine cannot
   * be used again.
   */
  decode(input: Uint8Array, output: Uint8Array, maxFrames: number): boolean {
    let [at, filled] = [0, 0];
    for (let calls = 0; at < input.length; calls++) {
      const step = this.#handle.write(constants.ZSTD_e_end, input, at, output, filled);
      if (!step?.used || calls === maxFrames) return this.#end();
      at += step.used;
      filled += step.made;
    }
    const last = this.#handle.write(constants.ZSTD_e_end, EMPTY_FRAME, 0, output, filled);
    const isWhole = last?.used === EMPTY_FRAME.length && last.made === 0 && filled === output.length;
    return isWhole ? true : this.#end();
  }

  #end(): false {
    this.#handle.close();
    return false;
  }
}
