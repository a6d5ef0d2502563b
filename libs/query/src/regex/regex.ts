import type { CodePoints } from "./code-points.ts";

/** What must hold at a place, where no character is taken. */
export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "wordBoundary" | "noWordBoundary";

/** A regular expression: which part of a text it takes first matters to nobody, so that lazy repetitions are like others. */
export type Regex =
  | { readonly kind: "set"; readonly points: CodePoints }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "all" | "any"; readonly parts: readonly Regex[] }
  | { readonly kind: "repeat"; readonly part: Regex; readonly min: number; readonly max: number };
