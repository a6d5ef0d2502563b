import type { Inspection, ProposedField } from "../api/types.ts";
import { bytesText, countText, valueText } from "../format.ts";
import { Facts } from "../parts/facts.tsx";
import { Notice } from "../parts/notice.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { CreateProposed } from "./create-proposed.tsx";

interface InspectionReportProps {
  readonly inspection: Inspection;
  /** The proposed collection is there. */
  readonly onCreated: (collectionName: string) => void;
}

/** What one file holds: columns, first rows, and the collection that would take them. */
export function InspectionReport({ inspection, onCreated }: InspectionReportProps) {
  const { paths, format, sizeBytes, rowCount, isRowCountEstimate, columns, sample, faults, schema } = inspection;
  const rows = rowCount === undefined ? "not known" : `${isRowCountEstimate ? "about " : ""}${countText(rowCount)}`;
  return (
    <section class="card">
      <h2>{paths.join(", ")}</h2>
      <Facts
        facts={[
          ["Format", format],
          ["Size", bytesText(sizeBytes)],
          ["Rows", rows],
          ["Columns", countText(columns.length)],
        ]}
      />
      {faults.map(({ row, field, reason }) => (
        <Notice key={`${row} ${field}`} kind="warning">
          {row !== undefined && `Row ${row}, `}
          {field !== undefined && `field ${field}: `}
          {reason}
        </Notice>
      ))}
      <h3>The first rows</h3>
      <SampleTable inspection={inspection} rows={sample.slice(0, 5)} />
      <h3>A collection that would take them</h3>
      <Table
        caption="Proposed fields"
        columns={fieldColumns}
        rows={schema.fields}
        keyOf={({ fieldName }) => fieldName}
        empty="No column fits a field."
      />
      {schema.unsupported.map(({ column, type }) => (
        <Notice key={column} kind="warning">
          No field takes the column {column}: its values are {type}.
        </Notice>
      ))}
      <CreateProposed schema={schema} onCreated={onCreated} />
    </section>
  );
}

function SampleTable({ inspection, rows }: { readonly inspection: Inspection; readonly rows: Inspection["sample"] }) {
  const columns = inspection.columns.map(({ name, type, dim }) => ({
    title: `${name} (${dim === undefined ? type : `${type}, ${dim}`})`,
    cell: (row: Inspection["sample"][number]) => valueText(row[name], 40),
  }));
  return <Table caption="First rows" keyOf={(_, index) => index} empty="There are none." {...{ rows, columns }} />;
}

const fieldColumns: readonly TableColumn<ProposedField>[] = [
  { title: "Field", cell: ({ fieldName, isPrimary }) => (isPrimary ? `${fieldName} (key)` : fieldName) },
  { title: "Type", cell: typeText },
  { title: "Nullable", cell: ({ nullable }) => (nullable ? "yes" : "no") },
  { title: "What speaks for it", cell: ({ evidence = [] }) => evidence.join("; ") },
];

function typeText({ dataType, elementDataType, elementTypeParams = {} }: ProposedField): string {
  const params = Object.entries(elementTypeParams).map(([key, value]) => `${key} ${value}`);
  return [elementDataType === undefined ? dataType : `${dataType} of ${elementDataType}`, ...params].join(", ");
}
