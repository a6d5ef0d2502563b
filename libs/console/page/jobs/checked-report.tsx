import type { CheckedRows, FieldHealth, JobFile } from "../api/types.ts";
import { bytesText, countText, durationText } from "../format.ts";
import { Facts } from "../parts/facts.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { normBars } from "./histogram.ts";
import { fileText } from "./job-texts.ts";

interface CheckedReportProps {
  readonly checked: CheckedRows;
  readonly files: readonly JobFile[];
}

/** What a dry run found out: what would be written, what the values are like, where they come from. */
export function CheckedReport({ checked, files }: CheckedReportProps) {
  return (
    <section>
      <h2>What the dry run found</h2>
      <Facts
        facts={[
          ["Rows that can be imported", countText(checked.rows)],
          ["Segments", countText(checked.segments)],
          ["Columns before compression", bytesText(checked.columnBytes)],
          ["Reading and checking, over all tasks", durationText(checked.seconds * 1000)],
        ]}
      />
      <Table
        caption="Fields"
        rows={checked.fields}
        keyOf={({ field }) => field}
        empty="No rows, no values."
        {...{ columns }}
      />
      <Norms fields={checked.fields} />
      <Mappings files={files} />
    </section>
  );
}

const columns: readonly TableColumn<FieldHealth>[] = [
  { title: "Field", cell: ({ field, isConstant }) => (isConstant ? `${field} (all values are the same)` : field) },
  { title: "Nulls", isNumber: true, cell: ({ nulls }) => countText(nulls) },
  { title: "Duplicates", isNumber: true, cell: duplicatesText },
  { title: "Zero vectors", isNumber: true, cell: ({ zeroVectors }) => optionalCount(zeroVectors) },
  { title: "Norm is not 1", isNumber: true, cell: ({ notNormalized }) => optionalCount(notNormalized) },
];

function optionalCount(count: number | undefined): string {
  return count === undefined ? "–" : countText(count);
}

function duplicatesText({ duplicates, duplicatesEstimated }: FieldHealth): string {
  return `${duplicatesEstimated ? "about " : ""}${optionalCount(duplicates)}`;
}

function Norms({ fields }: { readonly fields: readonly FieldHealth[] }) {
  return (
    <div class="histograms">
      {fields.map(({ field, norms = [] }) => norms.length > 0 && <Histogram key={field} field={field} norms={norms} />)}
    </div>
  );
}

function Histogram({ field, norms }: { readonly field: string; readonly norms: NonNullable<FieldHealth["norms"]> }) {
  const bars = normBars(norms);
  const text = bars.map(({ label, count }) => `${label}: ${countText(count)}`).join("; ");
  return (
    <figure>
      <figcaption>Norms of {field}</figcaption>
      <svg viewBox={`0 0 ${bars.length * 20} 84`} role="img" aria-label={text}>
        {bars.map(({ label, count, height }, index) => (
          <rect
            key={label}
            class="file"
            x={index * 20 + 2}
            width={16}
            y={82 - 80 * height}
            height={80 * height + (count > 0 ? 2 : 0)}
          >
            <title>{`${label}: ${countText(count)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="axis">
        <span>{bars[0].label}</span>
        {bars.length > 1 && <span>{bars[bars.length - 1].label}</span>}
      </p>
    </figure>
  );
}

function Mappings({ files }: { readonly files: readonly JobFile[] }) {
  return files.map(({ fileName, mapping }, index) => (
    <details key={index} hidden={mapping === undefined}>
      <summary>Where the values of {fileText({ fileName })} come from</summary>
      <Table
        caption={`Mapping of ${fileText({ fileName })}`}
        rows={mapping ?? []}
        keyOf={({ field }) => field}
        columns={[
          { title: "Field", cell: ({ field }) => field },
          { title: "Sources", cell: ({ sources = [] }) => <code>{sources.join(", ")}</code> },
          { title: "Rows that have none get", cell: ({ otherwise = "–" }) => otherwise },
        ]}
        empty=""
      />
    </details>
  ));
}
