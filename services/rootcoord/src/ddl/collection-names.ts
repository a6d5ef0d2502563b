import type { CollectionId } from "@sluice/schema";

/** Names of collections as of now, in memory: views of jobs ask at every poll of every client. Dropped ones keep their last. */
export class CollectionNames {
  readonly #read: (id: CollectionId) => Promise<string | undefined>;
  readonly #known = new Map<CollectionId, Promise<string | undefined>>();
  constructor(read: (id: CollectionId) => Promise<string | undefined>) {
    this.#read = read;
  }

  /** Undefined once nothing is known of the collection. */
  of(id: CollectionId): Promise<string | undefined> {
    const known = this.#known.get(id);
    if (known) return known;
    const reading = this.#read(id);
    this.#known.set(id, reading);
    reading.catch(() => this.#known.delete(id));
    return reading;
  }

  /** A name that is still being read must not win over the one that it has now. */
  renamed(id: CollectionId, name: string): void {
    this.#known.set(id, Promise.resolve(name));
  }
}
