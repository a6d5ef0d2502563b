/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: {
    new (pages: { initial: number; maximum: number }): KernelMemory;
    new (pages: { initial: number; maximum: number; shared: true }): SharedKernelMemory;
  };
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** A memory of WebAssembly. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** One that threads share. */
export interface SharedKernelMemory {
  readonly buffer: SharedArrayBuffer;
}

/**
 * A kernel with memory of its own.
 * @param code as codegen writes it, base64
 * @param pages of 64 KiB that its memory has, and keeps
 */
export function instantiate<Functions>(
  code: string,
  pages: number,
): { readonly functions: Functions; readonly memory: ArrayBuffer } {
  const memory = ownMemory(pages);
  return { functions: instantiateIn<Functions>(code, memory), memory: memory.buffer };
}

/** @param pages as of `instantiate` */
export function ownMemory(pages: number): KernelMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** @param pages as of `instantiate` */
export function sharedMemory(pages: number): SharedKernelMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The functions of a kernel that works in a memory which others use, too. */
export function instantiateIn<Functions>(code: string, memory: KernelMemory | SharedKernelMemory): Functions {
  const module = new WebAssembly.Module(Buffer.from(code, "base64"));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Functions;
}
