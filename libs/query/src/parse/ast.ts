import type { Constant } from "../constant.ts";

/** Operators whose answer is TRUE or FALSE, as written. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
/** `**` is a power, `^` an exclusive or. */
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "**" | "&" | "|" | "^" | "<<" | ">>";
/** As written; `!` is `not`. */
export type UnaryOperator = "+" | "-" | "~" | "not";

/** One step of a path: `text` is the key, or the index as written; `quoted` tells `a["0"]` from `a[0]`. */
export interface PathStep {
  readonly text: string;
  readonly quoted: boolean;
}

interface Base {
  /** Offsets in the text (UTF-16 units); `end` is exclusive. Parentheses around a node belong to it. */
  start: number;
  end: number;
  /** Nodes on the longest way down, this one included: bounds every later recursion. */
  readonly height: number;
}

/** A number, string or bool as written. */
export interface LiteralNode extends Base {
  readonly kind: "literal";
  readonly value: Exclude<Constant, readonly Constant[]>;
}
/** `[1, 2]`; items may be lists. */
export interface ListNode extends Base {
  readonly kind: "list";
  readonly items: readonly Node[];
}
/** `{name}`: a value that the request brings beside the expression. */
export interface TemplateNode extends Base {
  readonly kind: "template";
  readonly name: string;
}
/** A field or a key of `$meta`, and the path behind it. */
export interface ColumnNode extends Base {
  readonly kind: "column";
  readonly name: string;
  readonly steps: readonly PathStep[];
}
/** `-x`, `not x`. */
export interface UnaryNode extends Base {
  readonly kind: "unary";
  readonly op: UnaryOperator;
  readonly operand: Node;
}
/** `a + b` and its like: numbers on both sides. */
export interface ArithmeticNode extends Base {
  readonly kind: "arithmetic";
  readonly op: ArithmeticOperator;
  readonly left: Node;
  readonly right: Node;
}
/** `a < b`. A column between two bounds, as in `1 < a < 2`, is a `ChainNode`. */
export interface CompareNode extends Base {
  readonly kind: "compare";
  readonly op: Comparison;
  readonly left: Node;
  readonly right: Node;
}
/** `low < column <= high`, or `high > column >= low` (then `descending`). Bounds in the order of the text. */
export interface ChainNode extends Base {
  readonly kind: "chain";
  readonly first: Node;
  readonly firstOp: Comparison;
  readonly column: ColumnNode;
  readonly secondOp: Comparison;
  readonly second: Node;
  readonly descending: boolean;
}
/** `a and b and c` as one node of three operands. */
export interface LogicalNode extends Base {
  readonly kind: "logical";
  readonly op: "and" | "or";
  readonly operands: readonly Node[];
}
/** `a in [1, 2]`, and `a not in [1, 2]` with `negated`. */
export interface InNode extends Base {
  readonly kind: "in";
  readonly negated: boolean;
  readonly left: Node;
  readonly right: Node;
}
/** `a like "b%"`, or a regular expression behind `=~` and `!~`. */
export interface LikeNode extends Base {
  readonly kind: "like";
  readonly operator: "like" | "=~" | "!~";
  readonly left: Node;
  readonly pattern: Node;
}
/** `a is null`, and `a is not null` with `negated`. */
export interface NullTestNode extends Base {
  readonly kind: "nullTest";
  readonly negated: boolean;
  readonly column: ColumnNode;
}
/** `exists a["b"]`. */
export interface ExistsNode extends Base {
  readonly kind: "exists";
  readonly operand: Node;
}
/** Any function; which there are, and with which arguments, is not looked at before it is bound. */
export interface CallNode extends Base {
  readonly kind: "call";
  /** As written. */
  readonly name: string;
  readonly args: readonly Node[];
  readonly named: ReadonlyMap<string, Node>;
}
/** `ISO '...'` and `INTERVAL '...'`. */
export interface MomentNode extends Base {
  readonly kind: "iso" | "interval";
  readonly text: string;
}

/** An expression as written: no names resolved, nothing folded, so that it can be kept by its text alone. */
export type Node =
  | LiteralNode
  | ListNode
  | TemplateNode
  | ColumnNode
  | UnaryNode
  | ArithmeticNode
  | CompareNode
  | ChainNode
  | LogicalNode
  | InNode
  | LikeNode
  | NullTestNode
  | ExistsNode
  | CallNode
  | MomentNode;
