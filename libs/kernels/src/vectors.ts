// What vectors are compared by. An entry of its own, since threads that do nothing else start with the first search, which waits for them.

export { KERNEL_BYTES_BEHIND, KERNEL_ROOM_BYTES, type KernelRoom } from "./distance-kernel.ts";
export { ANY_SCORE, type ScoreRange, sketchedCosine, sketchedDistance, sketchedProduct } from "./sketched-range.ts";
export { lengthsOf, MAX_BLOCK_ROWS, type StoredNumbers, VectorDistances } from "./vector-distances.ts";
export { type SketchedQuery, sketchedQuery, VectorSketches } from "./vector-sketches.ts";
export { type SharedKernelMemory, sharedMemory } from "./web-assembly.ts";
