import type { FieldPlan } from "@sluice/formats";
import { type FieldMapping, MAX_MAPPINGS, type SetFindings } from "@sluice/jobs/findings";

/** Which field was fed by what, of the sets of a task: what is alike is kept once, and of too many kinds the first ones. */
export class Mappings {
  readonly #positions = new Map<string, number>();
  readonly all: FieldMapping[][] = [];

  /** Of a set that has been read with this plan. */
  of(plan: FieldPlan): Pick<SetFindings, "mapping"> {
    const mapping = plan.uses.listed(plan);
    const id = JSON.stringify(mapping);
    const known = this.#positions.get(id);
    if (known !== undefined) return { mapping: known };
    if (this.all.length === MAX_MAPPINGS) return {};
    this.#positions.set(id, this.all.length);
    return { mapping: this.all.push(mapping) - 1 };
  }
}
