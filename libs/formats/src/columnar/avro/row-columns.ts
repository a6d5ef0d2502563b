import { ImportError } from "@sluice/errors";
import type { ArrowField } from "../arrow/ipc/arrow-type.ts";
import type { ArrowValues } from "../arrow/ipc/arrow-values.ts";
import { both } from "../arrow/ipc/load-rows.ts";
import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";
import { skipperOf } from "./skip-values.ts";
import { BatchMemory, type ValueColumn } from "./value-column.ts";
import { valueColumn } from "./value-columns.ts";

/** What the values of a batch may take where it is not asked for more. */
const MIN_MEMORY_BYTES = 256 << 20;

/** The columns of a batch that fields need, row by row; others are passed over. */
export class RowColumns {
  readonly #paths: readonly (readonly ArrowField[])[];
  readonly #batchBytes: number;
  readonly #memoryBytes: number;
  /** Parallel to the columns of the file. */
  readonly #reads: readonly ((at: BlockCursor) => void)[];
  readonly #columns = new Map<ArrowField, ValueColumn>();

  constructor(nodes: readonly AvroNode[], paths: readonly (readonly ArrowField[])[], batchBytes: number) {
    this.#paths = paths;
    this.#batchBytes = batchBytes;
    this.#memoryBytes = Math.max(MIN_MEMORY_BYTES, 4 * batchBytes);
    const memory = new BatchMemory(this.#memoryBytes);
    const needed = new Set(paths.map(([first]) => first.whole ?? first));
    this.#reads = nodes.map((node) => {
      if (!needed.has(node.field)) return skipperOf(node);
      const column = valueColumn(node, memory);
      this.#columns.set(node.field, column);
      return (at) => column.read(at);
    });
  }

  /** The next row. @throws {ImportError} `malformed_file` @throws {RangeError} for one that is too large */
  read(at: BlockCursor): void {
    for (const read of this.#reads) read(at);
  }

  /** Whether the batch ends here; what was made counts from 0 then. */
  isFull(at: BlockCursor, rows: number): boolean {
    // Rows of which nothing is needed have an end, too.
    if (at.made < this.#batchBytes && rows < this.#batchBytes) return false;
    at.made = 0;
    return true;
  }

  /** What `read` threw, as an error of the file. */
  told(error: unknown): unknown {
    if (!(error instanceof RangeError)) return error;
    return new ImportError("unsupported", `a row has more than ${this.#memoryBytes} bytes`);
  }

  /** Of each path the values since the last time. */
  take(): ArrowValues[] {
    const taken = new Map([...this.#columns].map(([field, column]) => [field, column.take()] as const));
    return this.#paths.map(([first, ...inner]) => {
      let values = reduced(taken.get(first.whole ?? first) as ArrowValues, first);
      for (const field of inner) {
        const child = childOf(values, field.whole ?? field);
        values = reduced({ ...child, validity: both(child.validity, values.validity) }, field);
      }
      return { ...values, ...(values.validity && { validity: values.validity.slice() }) };
    });
  }
}

function childOf({ children }: ArrowValues, field: ArrowField): ArrowValues {
  return children.find((child) => child.field === field) as ArrowValues;
}

/** A struct without the members that lead elsewhere. */
function reduced(values: ArrowValues, field: ArrowField): ArrowValues {
  if (!field.whole) return values;
  return {
    ...values,
    field,
    children: field.children.map((child) => reduced(childOf(values, child.whole ?? child), child)),
  };
}
