import { opcodes } from "./opcodes.ts";
import { PickleMachine } from "./pickle-machine.ts";
import type { Unpickled } from "./pickled.ts";

const STOP = 0x2e;

/**
 * Reads a pickle of protocols 2 to 5 without executing anything: classes are names, objects what they were given. Opcodes that
 * call what was pickled are refused unless they make a plain object.
 * @param classes names of those that objects may be of, such as `qdrant_client.http.models.models.PointStruct`
 * @throws {RangeError} with what is wrong or not known, and its byte
 * Source: CPython, `pickletools.py`.
 */
export function unpickle(bytes: Uint8Array, classes: ReadonlySet<string>): Unpickled {
  const machine = new PickleMachine(bytes, classes);
  for (;;) {
    const { at } = machine;
    const opcode = machine.uint(1);
    if (opcode === STOP) return machine.pop();
    const work = opcodes[opcode];
    if (!work) throw new RangeError(`opcode 0x${opcode.toString(16)} at byte ${at} of the pickle is not read`);
    work(machine);
  }
}
