import { isList, MAX_INT64, type TemplateValue } from "../constant.ts";
import { echo, FilterError } from "../filter-error.ts";
import type {
  ArithmeticOperator,
  CallNode,
  ColumnNode,
  Comparison,
  ListNode,
  LiteralNode,
  LogicalNode,
  Node,
  UnaryOperator,
} from "./ast.ts";
import { Lexer, type TokenKind } from "./lexer.ts";

/** Longest expression: 400 000 ids of 19 digits. Parsing it takes some hundred milliseconds, in one piece. */
const MAX_CHARACTERS = 8 << 20;
/** Operands of all ANDs and ORs: each takes memory of its own, a value of a list takes nearly none. */
const MAX_TERMS = 65_536;
/** Values of all lists. */
const MAX_VALUES = 1 << 20;
/** Parentheses, lists, calls and unary operators within each other. */
const MAX_NESTING = 512;
/** The binary operators between two parentheses recurse too: two a level are usual (`a or (b and (...`), all twelve possible. */
const MAX_RECURSION = 2 * MAX_NESTING + 32;
/** Longest way down a tree: bounds the recursion of everything that walks one. */
const MAX_HEIGHT = MAX_NESTING + 32;

/** Binding powers of the binary operators, loosest first. They are Milvus's levels, where `&` binds looser than `==`. */
const levels: Partial<Record<TokenKind, number>> = {
  or: 1,
  and: 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  "<=": 7,
  ">": 7,
  ">=": 7,
  not: 9, // Of `not in`.
  in: 9,
  "<<": 10,
  ">>": 10,
  "+": 11,
  "-": 11,
  "*": 12,
  "/": 12,
  "%": 12,
  "**": 14,
  like: 15,
  regex: 15,
};
const TERM = 9;
const SHIFT = 10;
const UNARY = 13;
const MATCH = 15;
const PREFIX = 16;

const unaryOperators: ReadonlySet<TokenKind> = new Set(["+", "-", "~", "not"]);

/**
 * Parses one expression, whole. `fieldWords` are the fields whose names are keywords in mixed case, such as `Like`.
 * @throws {FilterError}
 */
export function parseExpression(text: string, fieldWords: ReadonlySet<string> = new Set()): Node {
  if (text.length > MAX_CHARACTERS)
    throw new FilterError(
      `expression has ${text.length} characters, more than ${MAX_CHARACTERS}: give long lists as template values`,
    );
  return new Parser(new Lexer(text, fieldWords)).whole();
}

class Parser {
  readonly #lexer: Lexer;
  #nesting = 0;
  #recursion = 0;
  #terms = 0;
  #values = 0;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  whole(): Node {
    const lexer = this.#lexer;
    const node = this.#expression(0);
    if (lexer.kind !== "end") {
      throw new FilterError(`invalid expression: ${echo(lexer.text)}`, lexer.start);
    }
    return node;
  }

  /** Everything that binds at least as tightly as `level`. */
  #expression(level: number): Node {
    if (++this.#recursion > MAX_RECURSION) this.#tooDeep();
    let left = this.#prefix(level);
    for (;;) {
      const { kind } = this.#lexer;
      const found = levels[kind];
      if (found === undefined || found < level || (kind === "not" && !this.#lexer.inFollows())) break;
      left = this.#binary(left, kind, found);
      if (left.height > MAX_HEIGHT) this.#tooDeep();
    }
    this.#recursion--;
    return left;
  }

  #binary(left: Node, kind: TokenKind, level: number): Node {
    switch (kind) {
      case "and":
      case "or":
        return this.#logical(left, kind, level);
      case "in":
      case "not":
        return this.#in(left, kind === "not");
      case "like":
        return this.#like(left);
      case "regex":
        throw new FilterError(`regular expressions (${this.#lexer.describe()}) are not supported`, this.#lexer.start);
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#relation(left, kind);
      case "==":
      case "!=":
        return this.#compare(left, kind, this.#right(level + 1));
      default:
        return this.#arithmetic(left, kind as ArithmeticOperator, level);
    }
  }

  /** Takes the operator and what stands right of it. */
  #right(level: number): Node {
    this.#lexer.advance();
    return this.#expression(level);
  }

  /** `a or b or c` as one node of three operands, however many there are. */
  #logical(left: Node, op: "and" | "or", level: number): LogicalNode {
    const operands = [left];
    let height = left.height;
    while (this.#lexer.kind === op) {
      if (++this.#terms > MAX_TERMS) this.#tooLong();
      const operand = this.#right(level + 1);
      operands.push(operand);
      height = Math.max(height, operand.height);
    }
    return { kind: "logical", op, operands, start: left.start, end: operands.at(-1)!.end, height: height + 1 };
  }

  #in(left: Node, negated: boolean): Node {
    if (negated) this.#lexer.advance();
    const right = this.#right(SHIFT);
    return { kind: "in", negated, left, right, ...span(left, right) };
  }

  #like(left: Node): Node {
    const pattern = this.#right(PREFIX);
    return { kind: "like", left, pattern, ...span(left, pattern) };
  }

  #relation(left: Node, op: "<" | "<=" | ">" | ">="): Node {
    this.#lexer.advance();
    const bareColumn = this.#lexer.kind === "name" || this.#lexer.kind === "path";
    const right = this.#expression(TERM);
    const secondOp = this.#lexer.kind as Comparison;
    const chain =
      bareColumn &&
      right.kind === "column" &&
      secondOp[0] === op[0] &&
      (secondOp === op[0] || secondOp === `${op[0]}=`);
    if (!chain || this.#isRelation(left)) return this.#compare(left, op, right);
    const second = this.#right(TERM);
    const descending = op[0] === ">";
    return {
      kind: "chain",
      first: left,
      firstOp: op,
      column: right,
      secondOp,
      second,
      descending,
      ...span(left, second),
    };
  }

  /** A comparison without parentheses, such as the left side of `1 < 2 < a < 3`, which is no bound of a chain. */
  #isRelation(node: Node): boolean {
    return (node.kind === "compare" || node.kind === "chain") && this.#lexer.text[node.start] !== "(";
  }

  #compare(left: Node, op: Comparison, right: Node): Node {
    return { kind: "compare", op, left, right, ...span(left, right) };
  }

  #arithmetic(left: Node, op: ArithmeticOperator, level: number): Node {
    this.#lexer.advance();
    // The right side of a power is a unary expression (`2 ** -1`) or what binds tighter than the power itself.
    const power = op === "**" && unaryOperators.has(this.#lexer.kind);
    const right = this.#expression(power ? UNARY : op === "**" ? MATCH : level + 1);
    return { kind: "arithmetic", op, left, right, ...span(left, right) };
  }

  #prefix(level: number): Node {
    const { kind } = this.#lexer;
    if (unaryOperators.has(kind) && level <= UNARY) return this.#unary(kind as UnaryOperator);
    if (kind !== "exists") return this.#primary();
    const { start } = this.#lexer;
    this.#lexer.advance();
    const operand = this.#nested(PREFIX);
    return { kind: "exists", operand, start, end: operand.end, height: operand.height + 1 };
  }

  #unary(op: UnaryOperator): Node {
    const lexer = this.#lexer;
    const { start } = lexer;
    lexer.advance();
    if (op === "-" && lexer.kind === "number") return this.#negative(start);
    const operand = this.#nested(UNARY);
    return { kind: "unary", op, operand, start, end: operand.end, height: operand.height + 1 };
  }

  /** A minus right before a number. It binds looser than `**`, so that the number goes in only when no power follows. */
  #negative(start: number): Node {
    const lexer = this.#lexer;
    const value = lexer.value as bigint | number;
    const { start: numberStart, end } = lexer;
    lexer.advance();
    if (lexer.kind !== "**" && lexer.kind !== "like" && lexer.kind !== "regex") {
      return { kind: "literal", value: -value, start, end, height: 1 };
    }
    checkInt64(value, numberStart);
    let operand: Node = { kind: "literal", value, start: numberStart, end, height: 1 };
    while ((levels[lexer.kind] ?? 0) >= UNARY) operand = this.#binary(operand, lexer.kind, levels[lexer.kind]!);
    return { kind: "unary", op: "-", operand, start, end: operand.end, height: operand.height + 1 };
  }

  #primary(): Node {
    const lexer = this.#lexer;
    switch (lexer.kind) {
      case "number":
      case "bool":
      case "string":
        return this.#literal();
      case "name":
      case "path":
        return this.#name();
      case "(":
        return this.#parentheses();
      case "[":
        return this.#list();
      case "{":
        return this.#template();
      default:
        return lexer.fail(`unexpected '${lexer.describe()}', expected a value, a field or '('`);
    }
  }

  #literal(): LiteralNode {
    const { start, end, value } = this.#lexer;
    checkInt64(value, start);
    this.#lexer.advance();
    return { kind: "literal", value, start, end, height: 1 };
  }

  #name(): Node {
    const lexer = this.#lexer;
    const { start, end, kind, value, steps } = lexer;
    const name = value as string;
    lexer.advance();
    const next = lexer.kind as TokenKind;
    if (kind === "name" && next === "(") return this.#call(name, start);
    if (kind === "name" && next === "string" && /^(iso|interval)$/i.test(name)) return this.#moment(name, start);
    const column: ColumnNode = { kind: "column", name, steps, start, end, height: 1 };
    if (next !== "is null" && next !== "is not null") return column;
    const testEnd = lexer.end;
    lexer.advance();
    return { kind: "nullTest", negated: next === "is not null", column, start, end: testEnd, height: 2 };
  }

  #moment(name: string, start: number): Node {
    const { value, end } = this.#lexer;
    this.#lexer.advance();
    return { kind: name.toLowerCase() as "iso" | "interval", text: value as string, start, end, height: 1 };
  }

  #parentheses(): Node {
    const { start } = this.#lexer;
    this.#lexer.advance();
    const node = this.#nested(0);
    node.start = start;
    node.end = this.#close(")");
    return node;
  }

  #list(): ListNode {
    const lexer = this.#lexer;
    const { start } = lexer;
    lexer.advance();
    const items: Node[] = [];
    let height = 0;
    while ((lexer.kind as TokenKind) !== "]") {
      const item = this.#nested(0);
      items.push(item);
      if (++this.#values > MAX_VALUES) refuseValues(item.start);
      height = Math.max(height, item.height);
      if ((lexer.kind as TokenKind) !== ",") break;
      lexer.advance();
    }
    return { kind: "list", items, start, end: this.#close("]"), height: height + 1 };
  }

  #template(): Node {
    const lexer = this.#lexer;
    const { start } = lexer;
    lexer.advance();
    if ((lexer.kind as TokenKind) !== "name")
      lexer.fail(`unexpected '${lexer.describe()}', expected a template variable's name`);
    const name = lexer.value as string;
    lexer.advance();
    return { kind: "template", name, start, end: this.#close("}"), height: 1 };
  }

  #call(name: string, start: number): CallNode {
    const lexer = this.#lexer;
    lexer.advance();
    const args: Node[] = [];
    const named = new Map<string, Node>();
    let height = 0;
    while ((lexer.kind as TokenKind) !== ")") {
      const argument = this.#argument(args, named);
      height = Math.max(height, argument.height);
      if ((lexer.kind as TokenKind) !== ",") break;
      lexer.advance();
    }
    return { kind: "call", name, args, named, start, end: this.#close(")"), height: height + 1 };
  }

  #argument(args: Node[], named: Map<string, Node>): Node {
    const node = this.#nested(0);
    if (this.#lexer.kind !== "=" || node.kind !== "column" || node.steps.length > 0) {
      args.push(node);
      return node;
    }
    this.#lexer.advance();
    const value = this.#nested(0);
    named.set(node.name.toLowerCase(), value);
    return value;
  }

  #nested(level: number): Node {
    if (++this.#nesting > MAX_NESTING) this.#tooDeep();
    const node = this.#expression(level);
    this.#nesting--;
    return node;
  }

  /** Takes the closing bracket and returns its end. */
  #close(bracket: ")" | "]" | "}"): number {
    const lexer = this.#lexer;
    if (lexer.kind !== bracket) lexer.fail(`unexpected '${lexer.describe()}', expected '${bracket}'`);
    const { end } = lexer;
    lexer.advance();
    return end;
  }

  #tooLong(): never {
    const advice = "use 'in' for many values of one field";
    throw new FilterError(`expression joins more than ${MAX_TERMS} terms: ${advice}`, this.#lexer.start);
  }

  #tooDeep(): never {
    throw new FilterError(`expression is nested too deeply: more than ${MAX_NESTING} levels`, this.#lexer.start);
  }
}

function refuseValues(start?: number): never {
  throw new FilterError(`expression has more than ${MAX_VALUES} values in lists`, start);
}

/** @throws {FilterError} for values that are too many for one expression */
export function checkTemplates(templates: Iterable<TemplateValue>): void {
  let left = MAX_VALUES;
  const count = (value: TemplateValue): void => {
    if (!isList(value)) return;
    left -= value.length;
    if (left < 0) refuseValues();
    for (const item of value) count(item);
  };
  for (const value of templates) count(value);
}

/** 2^63 lexes, because it is legal behind a minus; anywhere else it is too large. */
function checkInt64(value: unknown, start: number): void {
  if (typeof value === "bigint" && value > MAX_INT64) throw new FilterError(`int64 overflow: ${value}`, start);
}

function span(left: Node, right: Node): { start: number; end: number; height: number } {
  return { start: left.start, end: right.end, height: Math.max(left.height, right.height) + 1 };
}
