import { metresFrom } from "@sluice/values";
import type { FieldRef, Predicate } from "../plan.ts";
import { Envelope } from "../spatial/envelope.ts";
import { shapeOf } from "../spatial/read-shape.ts";
import { isRelated, type SpatialRelation } from "../spatial/relations.ts";
import { isValidShape } from "../spatial/valid.ts";
import { equalBytes } from "./byte-set.ts";
import { dropNulls, type RowBatch, type Selector, type StepSelector, varColumn } from "./selector.ts";
import { bytesSelector } from "./strings.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** Geometries at most so far from a place. */
export function nearPlaceSelector({ field, place, metres }: Leaf<"nearPlace">, wanted: boolean): Selector {
  return bytesSelector(field, (data, start, end) => metresFrom(place, data.subarray(start, end)) <= metres, wanted);
}

/** Looks closer only at rows whose boxes leave it open. */
export function relationSelector({ field, relation, wkb }: Leaf<"spatial">, wanted: boolean): StepSelector {
  const shape = shapeOf(wkb);
  const [own, box] = [new Envelope(), new Envelope()];
  box.read(viewOf(wkb), 0);
  return eachCell(field, wanted, (data, view, start, end) => {
    own.read(view, start);
    if (!mayBe(relation, own, box)) return false;
    if (relation === "equals" && equalBytes(data, start, end, wkb)) return true;
    return isRelated(relation, shapeOf(data.subarray(start, end)), shape);
  });
}

/** Whether a geometry is valid as OGC has it; it stops behind each turn's worth of bytes. */
export function validSelector({ field }: Leaf<"validGeometry">, wanted: boolean): StepSelector {
  return eachCell(field, wanted, (data, _view, start, end) => isValidShape(shapeOf(data.subarray(start, end))));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Whether geometries in such boxes may be related so. */
function mayBe(relation: SpatialRelation, own: Envelope, box: Envelope): boolean {
  if (relation === "within") return own.isIn(box);
  if (relation === "contains") return box.isIn(own);
  if (relation === "equals") return own.isIn(box) && box.isIn(own);
  return own.meets(box);
}

/** Says of a cell whether it is of the kind, at once or in turns. */
type CellTest = (
  data: Uint8Array,
  view: DataView,
  start: number,
  end: number,
) => boolean | Generator<undefined, boolean>;

/** Rows that boxes decide, between two turns. */
const ROWS_A_TURN = 256;

function eachCell(field: FieldRef, wanted: boolean, test: CellTest): StepSelector {
  return function* (batch: RowBatch, rows: Uint32Array, count: number) {
    const column = varColumn(batch, field);
    const { data, offsets } = column;
    const view = viewOf(data);
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      if (i % ROWS_A_TURN === 0) yield;
      const row = rows[i];
      const found = test(data, view, offsets[row], offsets[row + 1]);
      if ((typeof found === "boolean" ? found : yield* found) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}
