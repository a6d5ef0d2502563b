/** What lies behind a stream of node:zlib. It is no public interface: where it is another one, nobody uses it. */
interface Handle {
  onerror: (message: string) => void;
  writeSync(
    flush: number,
    ...args: [input: Uint8Array, from: number, count: number, output: Uint8Array, at: number, room: number]
  ): void;
  close(): void;
}

/** What a call has done. */
export interface HandleUse {
  /** Bytes of input. */
  readonly used: number;
  /** Bytes of output. */
  readonly made: number;
}

/**
 * Drives a codec of node:zlib without its stream: from memory that is given, into memory that is given, in a context that is kept.
 * The public calls take new memory and a new context each time, of which V8 hears as memory outside its heap.
 */
export class ZlibHandle {
  readonly #handle: Handle;
  /** Bytes of output that are free after a call, and bytes of input that are left. */
  readonly #state: Uint32Array;
  #hasFailed = false;

  private constructor(handle: Handle, state: Uint32Array) {
    this.#handle = handle;
    this.#state = state;
    handle.onerror = () => {
      this.#hasFailed = true;
    };
  }

  /** Of a stream that nobody else uses. Undefined where this Node has it otherwise. */
  static of(stream: object): ZlibHandle | undefined {
    const { _handle: handle, _writeState: state } = stream as { _handle?: Partial<Handle>; _writeState?: Uint32Array };
    const isKnown = typeof handle?.writeSync === "function" && state?.length === 2 && state.BYTES_PER_ELEMENT === 4;
    return isKnown ? new ZlibHandle(handle as Handle, state) : undefined;
  }

  /** One step of the codec, as far as input and room reach; undefined after an error. @param flush a constant of node:zlib */
  write(flush: number, input: Uint8Array, from: number, output: Uint8Array, at: number): HandleUse | undefined {
    const [left, room] = [input.length - from, output.length - at];
    this.#handle.writeSync(flush, input, from, left, output, at, room);
    return this.#hasFailed ? undefined : { used: left - this.#state[1], made: room - this.#state[0] };
  }

  /** It cannot be used again. */
  close(): void {
    this.#handle.close();
  }
}
