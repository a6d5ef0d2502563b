import { echo, FilterError } from "../filter-error.ts";
import type { ArithmeticOperator, Comparison, LogicalNode, Node, UnaryOperator } from "./ast.ts";
import { Bounds, MAX_CHARACTERS } from "./bounds.ts";
import { Lexer, type TokenKind } from "./lexer.ts";
import { levels, MATCH, PREFIX, SHIFT, TERM, UNARY } from "./operators.ts";
import { checkInt64, Primaries } from "./primaries.ts";

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
  readonly #bounds = new Bounds();
  readonly #primaries: Primaries;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#primaries = new Primaries(lexer, this.#bounds, () => this.#nested(0));
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
    this.#bounds.enter(this.#lexer.start);
    let left = this.#prefix(level);
    for (;;) {
      const { kind } = this.#lexer;
      const found = levels[kind];
      if (found === undefined || found < level || (kind === "not" && !this.#lexer.inFollows())) break;
      left = this.#binary(left, kind, found);
      this.#bounds.checkHeight(left.height, this.#lexer.start);
    }
    this.#bounds.leave();
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
      case "regex":
        return this.#like(left, kind === "like" ? "like" : this.#lexer.describe() === "=~" ? "=~" : "!~");
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
      this.#bounds.addTerm(this.#lexer.start);
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

  #like(left: Node, operator: "like" | "=~" | "!~"): Node {
    const pattern = this.#right(PREFIX);
    return { kind: "like", operator, left, pattern, ...span(left, pattern) };
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
    if (kind !== "exists") return this.#primaries.next();
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

  #nested(level: number): Node {
    this.#bounds.nest(this.#lexer.start);
    const node = this.#expression(level);
    this.#bounds.unnest();
    return node;
  }
}

function span(left: Node, right: Node): { start: number; end: number; height: number } {
  return { start: left.start, end: right.end, height: Math.max(left.height, right.height) + 1 };
}
