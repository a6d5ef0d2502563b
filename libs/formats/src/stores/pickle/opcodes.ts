import type { PickleMachine } from "./pickle-machine.ts";
import type { Unpickled } from "./pickled.ts";

/** What an opcode does with the stack. */
type Opcode = (reader: PickleMachine) => void;

const constant = (value: Unpickled | (() => Unpickled)): Opcode =>
  typeof value === "function" ? (r) => r.push(value()) : (r) => r.push(value);

/** Opcodes by their bytes. Source: CPython, `pickletools.py`. */
export const opcodes: Readonly<Record<number, Opcode>> = {
  128: (r) => void r.uint(1), // PROTO
  149: (r) => void r.uint(8), // FRAME
  78: constant(null), // NONE
  136: constant(true), // NEWTRUE
  137: constant(false), // NEWFALSE
  93: constant(() => []), // EMPTY_LIST
  41: constant(() => []), // EMPTY_TUPLE
  125: constant(() => new Map()), // EMPTY_DICT
  143: constant(() => []), // EMPTY_SET
  75: (r) => r.push(r.uint(1)), // BININT1
  77: (r) => r.push(r.uint(2)), // BININT2
  74: (r) => r.push(r.int32()), // BININT
  138: (r) => r.push(r.long(r.uint(1))), // LONG1
  139: (r) => r.push(r.long(r.uint(4))), // LONG4
  71: (r) => r.push(r.float()), // BINFLOAT
  140: (r) => r.push(r.text(r.uint(1))), // SHORT_BINUNICODE
  88: (r) => r.push(r.text(r.uint(4))), // BINUNICODE
  141: (r) => r.push(r.text(r.uint(8))), // BINUNICODE8
  67: (r) => r.push(r.bytes(r.uint(1))), // SHORT_BINBYTES
  66: (r) => r.push(r.bytes(r.uint(4))), // BINBYTES
  142: (r) => r.push(r.bytes(r.uint(8))), // BINBYTES8
  40: (r) => r.mark(),
  48: (r) => void r.pop(), // POP
  148: (r) => r.memoize(), // MEMOIZE
  113: (r) => r.memoize(r.uint(1)), // BINPUT
  114: (r) => r.memoize(r.uint(4)), // LONG_BINPUT
  104: (r) => r.recall(r.uint(1)), // BINGET
  106: (r) => r.recall(r.uint(4)), // LONG_BINGET
  97: (r) => {
    // APPEND
    const value = r.pop();
    r.list().push(value);
  },
  101: (r) => {
    // APPENDS
    const values = r.marked();
    const list = r.list();
    for (const value of values) list.push(value);
  },
  144: (r) => void r.marked(), // ADDITEMS: sets are of nobody's interest here
  115: (r) => {
    // SETITEM
    const value = r.pop();
    r.setItems([r.pop(), value]);
  },
  117: (r) => r.setItems(r.marked()), // SETITEMS
  116: (r) => r.push(r.marked()), // TUPLE
  133: (r) => r.push([r.pop()]), // TUPLE1
  134: (r) => r.push([r.pop(), r.pop()].reverse()), // TUPLE2
  135: (r) => r.push([r.pop(), r.pop(), r.pop()].reverse()), // TUPLE3
  99: (r) => r.global(r.line(), r.line()), // GLOBAL
  147: (r) => {
    // STACK_GLOBAL
    const name = r.pop();
    r.global(r.pop(), name);
  },
  129: (r) => r.make(), // NEWOBJ
  98: (r) => r.build(), // BUILD
};
