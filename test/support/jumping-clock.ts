// Loaded before a program: its wall clock jumps by up to a minute, forwards and back, every second or so, as a machine's
// does whose time is set. The monotonic clock does not.

const TrueDate = Date;
let offsetMs = 0;

class JumpingDate extends TrueDate {
  constructor(...parts: unknown[]) {
    if (parts.length === 0) super(JumpingDate.now());
    else super(...(parts as [number]));
  }

  static override now(): number {
    return TrueDate.now() + offsetMs;
  }
}

globalThis.Date = JumpingDate as DateConstructor;
setInterval(() => {
  offsetMs = Math.round((Math.random() - 0.5) * 120_000);
}, 700).unref();

export {};
