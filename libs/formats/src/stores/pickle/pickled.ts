/** What a pickle made: data, and nothing that could run. */
export type Unpickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Unpickled[]
  | Map<Unpickled, Unpickled>
  | PickledClass
  | PickledObject;

/** The name of a class or function. */
export class PickledClass {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class: what it was made of, and its state. */
export class PickledObject {
  readonly className: string;
  readonly args: readonly Unpickled[];
  state: Unpickled = null;
  constructor(className: string, args: readonly Unpickled[]) {
    this.className = className;
    this.args = args;
  }
}
