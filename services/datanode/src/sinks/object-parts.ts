import type { FileText } from "@sluice/formats";
import type { TaskContext } from "../tasks/task-kind.ts";

/** Bytes of one object, about. */
const PART_BYTES = 4 << 20;

/** Pieces of text, written as objects of some megabytes, each a whole file of its format; memory holds one at a time. */
export class ObjectParts {
  readonly #keyOf: (part: number) => string;
  readonly #text: FileText;
  readonly #head: () => string;
  readonly #context: Pick<TaskContext, "objects" | "signal">;
  readonly #keys: string[] = [];
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param head what a part begins with; asked when it has its first piece */
  constructor(
    keyOf: (part: number) => string,
    text: FileText,
    context: Pick<TaskContext, "objects" | "signal">,
    head: () => string = () => text.before,
  ) {
    this.#keyOf = keyOf;
    this.#text = text;
    this.#head = head;
    this.#context = context;
  }

  /** The bytes must not change until the part that they belong to is written. */
  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(Buffer.from(this.#pieces.length === 0 ? this.#head() : this.#text.between), piece);
    this.#bytes += piece.length;
    if (this.#bytes >= PART_BYTES) await this.#flush();
  }

  /** The keys of all parts, in order. */
  async finish(): Promise<readonly string[]> {
    if (this.#pieces.length > 0) await this.#flush();
    return this.#keys;
  }

  async #flush(): Promise<void> {
    const { objects, signal } = this.#context;
    const key = this.#keyOf(this.#keys.length);
    await objects.put(key, [...this.#pieces, Buffer.from(this.#text.after)], signal);
    this.#keys.push(key);
    this.#pieces = [];
    this.#bytes = 0;
  }
}
