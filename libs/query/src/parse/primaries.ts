import { MAX_INT64 } from "../constant.ts";
import { FilterError } from "../filter-error.ts";
import type { CallNode, ColumnNode, ListNode, LiteralNode, Node } from "./ast.ts";
import type { Bounds } from "./bounds.ts";
import type { Lexer, TokenKind } from "./lexer.ts";

/** Parses what operators join: values, fields, lists, templates, calls, and an expression in parentheses. */
export class Primaries {
  readonly #lexer: Lexer;
  readonly #bounds: Bounds;
  readonly #nested: () => Node;

  /** `nested` parses a whole expression within this one, as the values of a list are. */
  constructor(lexer: Lexer, bounds: Bounds, nested: () => Node) {
    this.#lexer = lexer;
    this.#bounds = bounds;
    this.#nested = nested;
  }

  /** The one that the lexer stands at. @throws {FilterError} when there is none */
  next(): Node {
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
    const node = this.#nested();
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
      const item = this.#nested();
      items.push(item);
      this.#bounds.addValue(item.start);
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
    const node = this.#nested();
    if (this.#lexer.kind !== "=" || node.kind !== "column" || node.steps.length > 0) {
      args.push(node);
      return node;
    }
    this.#lexer.advance();
    const value = this.#nested();
    named.set(node.name.toLowerCase(), value);
    return value;
  }

  /** Takes the closing bracket and returns its end. */
  #close(bracket: ")" | "]" | "}"): number {
    const lexer = this.#lexer;
    if (lexer.kind !== bracket) lexer.fail(`unexpected '${lexer.describe()}', expected '${bracket}'`);
    const { end } = lexer;
    lexer.advance();
    return end;
  }
}

/** 2^63 lexes, because it is legal behind a minus; anywhere else it is too large. */
export function checkInt64(value: unknown, start: number): void {
  if (typeof value === "bigint" && value > MAX_INT64) throw new FilterError(`int64 overflow: ${value}`, start);
}
