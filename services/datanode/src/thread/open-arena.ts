import { pooledMemory } from "@sluice/async";

// Before all other modules: V8 counts a memory of WebAssembly in full when it is made, and begins to collect garbage. While the heap
// is empty that costs nothing; at the first task it cost a tenth of a small import's CPU. Its pages come when they are used.
pooledMemory();
