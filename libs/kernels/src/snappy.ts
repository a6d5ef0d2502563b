import { isPooled, pooledMemory } from "@sluice/async";
import { snappy as code } from "./gen/snappy.ts";
import { instantiateIn } from "./web-assembly.ts";

interface Kernel {
  readonly decodeSnappy: (at: number, end: number, to: number, stop: number) => number;
}

let kernel: Kernel | null | undefined;

function loadKernel(): Kernel | null {
  const memory = pooledMemory();
  return memory ? instantiateIn<Kernel>(code, memory) : null;
}

/**
 * Decodes a raw Snappy block, without the length in front, into `output`. Undefined outside of the thread's arena, where nothing is
 * done; else whether the block fills the output exactly. What it has when it does not is anything.
 */
export function decodeSnappyBlock(input: Uint8Array, output: Uint8Array): boolean | undefined {
  if (!isPooled(input) || !isPooled(output)) return undefined;
  kernel ??= loadKernel();
  const [at, to] = [input.byteOffset, output.byteOffset];
  const isWhole = kernel?.decodeSnappy(at, at + input.length, to, to + output.length);
  return isWhole === undefined ? undefined : isWhole !== 0;
}
