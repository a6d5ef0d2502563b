/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/**
 * A kernel with memory of its own.
 * @param code as codegen writes it, base64
 * @param pages of 64 KiB that its memory has, and keeps
 */
export function instantiate<Functions>(
  code: string,
  pages: number,
): { readonly functions: Functions; readonly memory: ArrayBuffer } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, "base64")), {
    env: { memory },
  });
  return { functions: exports as Functions, memory: memory.buffer };
}
