import { type KernelRoom, VectorDistances } from "@sluice/kernels/vectors";

/** The kernels of one thread: one in each memory that vectors lie in, and one with a memory of its own, for all others. */
export class Kernels {
  readonly #rooms: readonly KernelRoom[];
  readonly #inRooms: VectorDistances[] = [];
  #own: VectorDistances | undefined;

  /** @param rooms of this thread, one in each memory */
  constructor(rooms: readonly KernelRoom[] = []) {
    this.#rooms = rooms;
  }

  /** The kernel that finds these bytes where they lie, if one does. */
  for({ buffer }: Uint8Array): VectorDistances {
    const slab = this.#rooms.findIndex(({ memory }) => memory.buffer === buffer);
    if (slab < 0) return (this.#own ??= new VectorDistances());
    return (this.#inRooms[slab] ??= new VectorDistances(this.#rooms[slab]));
  }
}
