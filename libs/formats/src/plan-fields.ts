import type { CollectionSchema } from "@sluice/schema";
import { withDefaults } from "./default-fields.ts";
import { parseFieldOptions } from "./plan/field-options.ts";
import { FieldPlan } from "./plan/field-plan.ts";

/**
 * The plan of an import. Its schema is the collection's with the import's defaults: batches are completed by that one.
 * @param options of the request, keys as sent; what is not about fields is not looked at
 * @throws {ImportError} `request_invalid` for options that contradict themselves or the collection
 */
export function planFields(schema: CollectionSchema, options: Readonly<Record<string, string>> = {}): FieldPlan {
  return new FieldPlan(withDefaults(schema, options.default_fields), parseFieldOptions(options));
}
