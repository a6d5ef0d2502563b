import type { ExtraKeys } from "./extra-keys.ts";
import type { InsideTargets, KnownKey, ObjectKeys, RowTarget, TakenTarget } from "./object-keys.ts";
import type { RestText } from "./rest-text.ts";
import type { RowTargets } from "./row-targets.ts";
import type { Scanner } from "./scanner.ts";

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, COMMA] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c];

/** Reads a value that somebody asks for; answers the position behind it. @param key where its key stands */
export type TakeValue = (target: TakenTarget, path: string, key: number, p: number) => number;

/** Objects and lists in rows of which some values are fields'. */
export class InsideValues {
  readonly #scanner: Scanner;
  readonly #targets: RowTargets;
  readonly #extras: ExtraKeys | undefined;
  readonly #rest: RestText | undefined;
  readonly #take: TakeValue;

  /** @param extras takes what is left of them, where `$meta` does */
  constructor(scanner: Scanner, targets: RowTargets, extras: ExtraKeys | undefined, take: TakeValue) {
    this.#scanner = scanner;
    this.#targets = targets;
    this.#extras = extras;
    this.#rest = extras?.rest;
    this.#take = take;
  }

  /**
   * An object or list in which some values are fields'; what is left of it goes into `$meta`, where there is one. Any other value
   * is left whole.
   */
  read(inside: InsideTargets, p: number): number {
    const { bytes } = this.#scanner;
    if (bytes[p] === OPEN_OBJECT) return this.#insideObject(inside.keys, p);
    if (bytes[p] === OPEN_LIST) return this.#insideList(inside, p);
    const end = this.#scanner.skipValue(p);
    this.#rest?.value(bytes, p, end);
    return end;
  }

  #insideObject(keys: ObjectKeys, p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    const rest = this.#rest;
    const start = rest?.open(OPEN_OBJECT) ?? 0;
    let at = scanner.blanks(p + 1);
    for (let position = 0; bytes[at] !== CLOSE_OBJECT; position++) {
      const known = keys.at(at, position);
      const member = rest?.key(bytes, at, at + known.bytes.length) ?? 0;
      const value = this.#scanner.colon(at + known.bytes.length);
      const before = rest?.length;
      at = scanner.blanks(this.#valueInside(known, at, value));
      if (rest && rest.length === before) rest.cancel(member);
      if (bytes[at] === COMMA) at = this.#next(at, CLOSE_OBJECT);
      else if (bytes[at] !== CLOSE_OBJECT) scanner.syntax(at, '"," or "}"');
    }
    if (rest) closeRest(rest, start, rest.length > start + 1, CLOSE_OBJECT);
    return at + 1;
  }

  #insideList({ elements, path }: InsideTargets, p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    const rest = this.#rest;
    const start = rest?.open(OPEN_LIST) ?? 0;
    let isLeft = false;
    let at = scanner.blanks(p + 1);
    for (let i = 0; bytes[at] !== CLOSE_LIST; i++) {
      if (!elements[i]) this.#targets.leaveOut(`${path}[]`);
      rest?.element();
      const before = rest?.length;
      at = scanner.blanks(this.#valueInside(elements[i], at, at));
      if (rest && rest.length > (before as number)) isLeft = true;
      else rest?.null();
      if (bytes[at] === COMMA) at = this.#next(at, CLOSE_LIST);
      else if (bytes[at] !== CLOSE_LIST) scanner.syntax(at, '"," or "]"');
    }
    if (rest) closeRest(rest, start, isLeft, CLOSE_LIST);
    return at + 1;
  }

  /** From a comma to what it promises. */
  #next(p: number, close: number): number {
    const at = this.#scanner.blanks(p + 1);
    return this.#scanner.bytes[at] === close ? this.#scanner.syntax(at, "a value") : at;
  }

  #valueInside(known: KnownKey | undefined, key: number, p: number): number {
    const scanner = this.#scanner;
    const outer = scanner.field;
    scanner.field = known?.field ?? outer;
    const end = this.#innerValue(known, key, p);
    scanner.field = outer;
    return end;
  }

  #innerValue(known: KnownKey | undefined, key: number, p: number): number {
    const scanner = this.#scanner;
    const target: RowTarget = known?.target ?? { kind: "extra" };
    if (target.kind === "inside") return this.read(target.inside, p);
    if (known && target.kind !== "extra" && target.kind !== "key") return this.#take(target, known.path, key, p);
    const end = scanner.skipValue(p);
    if (known && target.kind === "key") this.#extras?.add(known, key, p, end);
    else this.#rest?.value(scanner.bytes, p, end);
    return end;
  }
}

/** @param isLeft whether anything stands in what was begun at `start` */
function closeRest(rest: RestText, start: number, isLeft: boolean, bracket: number): void {
  if (isLeft) rest.close(bracket);
  else rest.cancel(start);
}
