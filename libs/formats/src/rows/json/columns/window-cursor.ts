import { type FileWindow, type FileWindows, NEEDS_MORE } from "../../file-windows.ts";
import { Scanner } from "../scanner.ts";

/** A place in a JSON file that is read once from its beginning, window by window. */
export abstract class WindowCursor {
  protected readonly scanner: Scanner;
  protected readonly signal: AbortSignal;
  readonly #windows: FileWindows;
  #window: FileWindow | undefined;
  /** In the present window. */
  protected at = 0;

  constructor(path: string, windows: FileWindows, signal: AbortSignal) {
    this.scanner = new Scanner(path);
    this.#windows = windows;
    this.signal = signal;
  }

  /** Gives back its windows. */
  close(): Promise<void> {
    return this.#windows.close(this.#window);
  }

  protected get byte(): number {
    return this.scanner.bytes[this.at];
  }

  protected get offset(): number {
    return this.scanner.window.base + this.at;
  }

  /** A position at which there is a byte. */
  protected known(p: number): number {
    return p < this.scanner.end ? p : this.scanner.syntax(p, "more");
  }

  /** Moves to where `step` says, with more of the file when it asks for that. */
  protected async read(step: (at: number) => number, mustExist = false): Promise<number> {
    for (;;) {
      try {
        const next = step(this.at);
        this.at = mustExist ? this.known(next) : next;
        return this.at;
      } catch (error) {
        if (error !== NEEDS_MORE) throw error;
        await this.more();
      }
    }
  }

  protected async more(): Promise<void> {
    this.signal.throwIfAborted();
    this.#window = await this.#windows.next(this.#window, this.at);
    this.scanner.open(this.#window);
    this.at = this.#window.begin;
  }
}
