import { constants, createZstdDecompress } from "node:zlib";

/** What lies behind a stream of node:zlib. It is no public interface: where it is another one, there is no engine. */
interface Handle {
  onerror: (message: string) => void;
  writeSync(
    flush: number,
    ...args: [input: Uint8Array, from: number, count: number, output: Uint8Array, at: number, room: number]
  ): void;
  close(): void;
}
interface Stream {
  readonly _handle?: Partial<Handle>;
  /** Bytes of output that are free after a call, and bytes of input that are left. */
  readonly _writeState?: Uint32Array;
}

/** Larger windows are left to others: an engine keeps its own. */
const MAX_WINDOW_LOG = 23;
/** A frame without content: at the end of another one it is taken, in the middle of one it is damage. */
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0);

/**
 * Decompresses zstd into memory that is given. `zstdDecompressSync` takes new memory and a new context for each call, of which V8
 * hears as memory outside its heap: collecting it cost more than decompressing.
 */
export class ZstdEngine {
  readonly #handle: Handle;
  readonly #state: Uint32Array;
  #hasFailed = false;

  private constructor(handle: Handle, state: Uint32Array) {
    this.#handle = handle;
    this.#state = state;
    handle.onerror = () => {
      this.#hasFailed = true;
    };
  }

  /** Undefined where this Node has it otherwise. */
  static open(): ZstdEngine | undefined {
    const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
    const { _handle: handle, _writeState: state } = createZstdDecompress({ params }) as unknown as Stream;
    const isKnown = typeof handle?.writeSync === "function" && state?.length === 2 && state.BYTES_PER_ELEMENT === 4;
    return isKnown ? new ZstdEngine(handle as Handle, state) : undefined;
  }

  /**
   * Whether `input` is whole frames, `maxFrames` at most, that fill `output` exactly; then it does. After a false the engine cannot
   * be used again.
   */
  decode(input: Uint8Array, output: Uint8Array, maxFrames: number): boolean {
    let [at, filled] = [0, 0];
    for (let calls = 0; at < input.length; calls++) {
      const used = this.#write(input, at, output, filled);
      if (used === 0 || calls === maxFrames) return this.#end();
      at += used;
      filled = output.length - this.#state[0];
    }
    const isWhole = this.#write(EMPTY_FRAME, 0, output, filled) === EMPTY_FRAME.length;
    return isWhole && filled === output.length && this.#state[0] === 0 ? true : this.#end();
  }

  /** Bytes of input that were used: at most to the end of a frame; 0 after an error. */
  #write(input: Uint8Array, from: number, output: Uint8Array, at: number): number {
    const left = input.length - from;
    this.#handle.writeSync(constants.ZSTD_e_end, input, from, left, output, at, output.length - at);
    return this.#hasFailed ? 0 : left - this.#state[1];
  }

  #end(): false {
    this.#handle.close();
    return false;
  }
}
