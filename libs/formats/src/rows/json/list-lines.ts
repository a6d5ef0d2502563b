import type { FieldPlan } from "../../plan/field-plan.ts";
import { told } from "./head-scanner.ts";
import type { LinesShape } from "./json-shape.ts";
import type { Scanner } from "./scanner.ts";

const OPEN_LIST = 0x5b;
const LINE_FEED = 0x0a;
/** What types of ClickHouse begin with. */
const TYPE =
  /^(Array|Tuple|Map|Nested|Nullable|LowCardinality|B?U?(Int|Float)\d+|Decimal|(Fixed)?String|UUID|Date|Time|Enum|IPv|Bool|JSON|Dynamic|Variant|Point|Nothing)/;

interface ListLine {
  readonly values: readonly unknown[];
  /** Where the line behind it begins. */
  readonly next: number;
}

/**
 * Lines of lists of values: their names are in the first one, types in the second, where they are such. Undefined for lines that are
 * nothing of the kind, so that the first one is a bad row. Source: jsonlines.org; ClickHouse, `JSONCompactEachRow` and those with names.
 * @param p of the first list @param plan absent where a file is looked at without a collection
 */
export function shapeOfListLines(scanner: Scanner, p: number, plan: FieldPlan | undefined): LinesShape | undefined {
  const first = listLine(scanner, p);
  const second = first && listLine(scanner, first.next);
  if (!first || second?.values.length !== first.values.length) return undefined;
  if (!isHeader(first, second, plan)) {
    const names = plan?.givenNames ?? [];
    return plan && names.length !== first.values.length ? undefined : { kind: "lines", names };
  }
  const dataStart = isTypes(second) ? second.next : first.next;
  return { kind: "lines", names: first.values as readonly string[], dataStart };
}

function listLine(scanner: Scanner, p: number): ListLine | undefined {
  const line = told(() => {
    if (scanner.bytes[p] !== OPEN_LIST) return undefined;
    const end = scanner.skipValue(p);
    const next = scanner.blanks(end);
    if (next < scanner.end && !scanner.bytes.subarray(end, next).includes(LINE_FEED)) return undefined;
    return { values: JSON.parse(scanner.text(p, end)) as readonly unknown[], next };
  });
  return typeof line === "string" ? undefined : line;
}

/** Names are texts and all different; some field is called so, or the values below are no texts. */
function isHeader({ values }: ListLine, second: ListLine, plan: FieldPlan | undefined): boolean {
  const areNames =
    values.every((name) => typeof name === "string" && name !== "") && new Set(values).size === values.length;
  if (!areNames || values.length === 0) return false;
  if (plan) return values.some((name) => plan.target(name as string).kind !== "extra");
  return isTypes(second) || second.values.some((value) => typeof value !== "string");
}

function isTypes({ values }: ListLine): boolean {
  return values.every((type) => typeof type === "string" && TYPE.test(type));
}
