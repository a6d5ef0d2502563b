import { excerpt } from "@sluice/errors";
import type { CallNode } from "../parse/ast.ts";
import type { Predicate } from "../plan.ts";
import { bindContains, bindLength, containsMode } from "./contains.ts";
import { type BindContext, fail, type Operand } from "./context.ts";
import { bindElementFilter, ELEMENT_FILTER } from "./element-filter.ts";
import { type BindIn, bindMatch, matchOf } from "./elements.ts";
import { SAMPLE } from "./sample.ts";
import { bindNearPlace, bindRelation, bindValid, relationOf } from "./spatial.ts";
import { bindFuzzy, bindPhrase, bindTextMatch } from "./text.ts";

/** A function call. Names are taken in any case. @throws {FilterError} */
export function bindCall(node: CallNode, context: BindContext, bind: BindIn): Operand {
  const name = node.name.toLowerCase();
  if (name === SAMPLE)
    fail("random sample expression can only be the last expression in the logical and expression", node);
  if (name === "array_length") return bindLength(node, context, bind);
  const predicate = bindPredicateCall(name, node, context, bind);
  if (predicate) return { kind: "predicate", predicate, node };
  return fail(`function ${excerpt(node.name)} not found`, node);
}

/** A function that is true or false of a row; undefined when there is none of that name. */
function bindPredicateCall(name: string, node: CallNode, context: BindContext, bind: BindIn): Predicate | undefined {
  const mode = containsMode(name);
  if (mode) return bindContains(node, mode, context, bind);
  const match = matchOf(name);
  if (match) return bindMatch(node, match, context, bind);
  if (name === ELEMENT_FILTER) return bindElementFilter(node, context, bind);
  const relation = relationOf(name);
  if (relation) return bindRelation(node, relation, context, bind);
  switch (name) {
    case "text_match":
      return bindTextMatch(node, bind);
    case "text_match_fuzzy":
      return bindFuzzy(node, bind);
    case "phrase_match":
      return bindPhrase(node, bind);
    case "st_isvalid":
      return bindValid(node, context, bind);
    case "st_dwithin":
      return bindNearPlace(node, context, bind);
  }
}
