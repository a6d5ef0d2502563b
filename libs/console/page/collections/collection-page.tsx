import type { Collection, CollectionField, Segment } from "../api/types.ts";
import { countText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { Facts } from "../parts/facts.tsx";
import { ErrorNotice } from "../parts/notice.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { hrefOf } from "../route.ts";
import { rest } from "../session.ts";
import { LoadButton } from "./load-button.tsx";
import { QueryForm } from "./query-form.tsx";

/** Greatest number of segments that are shown one by one. */
const MAX_SEGMENTS = 200;

/** One collection: its fields, its segments, and its rows. */
export function CollectionPage({ name }: { readonly name: string }) {
  const about = { collectionName: name };
  const load = (signal: AbortSignal) => rest.post<Collection>("collections/describe", about, signal);
  const { data: collection, error, reload } = useLoaded(load, [name]);
  if (!collection) return <ErrorNotice error={error} />;
  return (
    <>
      <CollectionFacts collection={collection} />
      <div class="buttons">
        <a class="button" href={hrefOf({ page: "import", collection: name })}>
          Import into it
        </a>
        <LoadButton name={name} load={collection.load} onDone={reload} />
      </div>
      <h2>Fields</h2>
      <Table caption="Fields" columns={fieldColumns} rows={collection.fields} keyOf={({ name }) => name} empty="" />
      <h2>Rows</h2>
      <QueryForm collection={collection} />
      <Segments name={name} />
    </>
  );
}

function CollectionFacts({ collection }: { readonly collection: Collection }) {
  const { description, load, indexes, aliases, shardsNum, partitionsNum, consistencyLevel, enableDynamicField } =
    collection;
  return (
    <Facts
      facts={[
        ["Description", description || undefined],
        ["Load state", load.replace("LoadState", "")],
        ["Shards", countText(shardsNum)],
        ["Partitions", countText(partitionsNum)],
        ["Consistency", consistencyLevel],
        ["Dynamic field", enableDynamicField ? "yes" : "no"],
        [
          "Indexes",
          indexes.map(({ fieldName, metricType }) => `${fieldName} ${metricType}`.trim()).join(", ") || undefined,
        ],
        ["Aliases", aliases.join(", ") || undefined],
      ]}
    />
  );
}

const fieldColumns: readonly TableColumn<CollectionField>[] = [
  { title: "Field", cell: ({ name }) => name },
  { title: "Type", cell: ({ type, elementType }) => (elementType === undefined ? type : `${type} of ${elementType}`) },
  { title: "Parameters", cell: ({ params = [] }) => params.map(({ key, value }) => `${key} ${value}`).join(", ") },
  { title: "About", cell: marksText },
];

function marksText({ primaryKey, partitionKey, autoId, nullable }: CollectionField): string {
  const marks = [
    primaryKey && "primary key",
    autoId && "automatic",
    partitionKey && "partition key",
    nullable && "nullable",
  ];
  return marks.filter(Boolean).join(", ");
}

const segmentColumns: readonly TableColumn<Segment>[] = [
  { title: "Segment", cell: ({ segmentId }) => segmentId },
  { title: "Partition", cell: ({ partitionId }) => partitionId },
  { title: "Rows", isNumber: true, cell: ({ rowCount }) => countText(rowCount) },
  { title: "State", cell: ({ state }) => state },
];

function Segments({ name }: { readonly name: string }) {
  const load = (signal: AbortSignal) =>
    rest.post<readonly Segment[]>("segments/list", { collectionName: name }, signal);
  const { data: segments, error } = useLoaded(load, [name]);
  const rows = segments?.reduce((sum, { rowCount }) => sum + rowCount, 0) ?? 0;
  return (
    <section>
      <h2>Segments</h2>
      <ErrorNotice error={error} />
      {segments && (
        <>
          <p>
            {countText(rows)} rows in {countText(segments.length)} visible{" "}
            {segments.length === 1 ? "segment" : "segments"}
            {segments.length > MAX_SEGMENTS && `, of which the first ${MAX_SEGMENTS} are shown`}.
          </p>
          <Table
            caption="Segments"
            columns={segmentColumns}
            rows={segments.slice(0, MAX_SEGMENTS)}
            keyOf={({ segmentId }) => segmentId}
            empty="Nothing was imported into it yet."
          />
        </>
      )}
    </section>
  );
}
