import { expect, it } from "@jest/globals";
import { collectGarbage } from "@sluice/async";

it("collects at once what nobody has any more", () => {
  const weak = (() => new WeakRef({ large: new Uint8Array(1 << 20) }))();
  // A weak reference keeps its object for the turn that has made it.
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    collectGarbage();
    expect(weak.deref()).toBeUndefined();
  });
});
