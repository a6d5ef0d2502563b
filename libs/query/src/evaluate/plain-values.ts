import type { Constant } from "../constant.ts";
import { doubleList, integerList } from "../number-lists.ts";
import { DoubleSet } from "./double-set.ts";
import { Int64Set } from "./int64-set.ts";

type Plain = bigint | number | boolean;

/** Numbers the different values of a list, strings and lists in it aside: integers first, then doubles, then the others. */
export class PlainValues {
  readonly size: number;
  readonly #integers: Int64Set;
  readonly #doubles: DoubleSet;
  readonly #firstDouble: number;
  readonly #bools: readonly boolean[];
  readonly #firstBool: number;

  constructor(values: readonly Constant[]) {
    const integers = integerList(values.filter((value) => typeof value === "bigint"));
    const doubles = doubleList(values.filter((value) => typeof value === "number"));
    this.#integers = new Int64Set(integers);
    this.#doubles = new DoubleSet(doubles);
    this.#bools = [...new Set(values.filter((value) => typeof value === "boolean"))];
    this.#firstDouble = integers.length;
    this.#firstBool = integers.length + doubles.length;
    this.size = this.#firstBool + this.#bools.length;
  }

  /** The number of the integer that equals a value, or -1. */
  integer(value: bigint | number): number {
    return this.#integers.indexOf(value);
  }

  /** The number of the double that equals a value, or -1. */
  double(value: bigint | number): number {
    return numbered(this.#doubles.indexOf(Number(value)), this.#firstDouble);
  }

  /** The number of the bool that equals a value, or -1. */
  bool(value: boolean): number {
    return numbered(this.#bools.indexOf(value), this.#firstBool);
  }

  /** The number of any value that equals, or -1. */
  indexOf(value: Plain): number {
    if (typeof value === "boolean") return this.bool(value);
    const integer = this.integer(value);
    return integer >= 0 || typeof value === "bigint" ? integer : this.double(value);
  }
}

function numbered(place: number, first: number): number {
  return place < 0 ? place : first + place;
}
