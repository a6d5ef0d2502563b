// Imports JSON Lines with the Node SDK, a partition and a partition's query.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DataType, MilvusClient } from "@zilliz/milvus2-sdk-node";

const client = new MilvusClient({ address: process.argv[2] ?? "127.0.0.1:19530" });
const collection_name = "example_node";
const partition_name = "recent";

await client.dropCollection({ collection_name });
await client.createCollection({
  collection_name,
  fields: [
    { name: "id", data_type: DataType.Int64, is_primary_key: true },
    { name: "title", data_type: DataType.VarChar, max_length: 200 },
    { name: "vector", data_type: DataType.FloatVector, dim: 16 },
  ],
});
await client.createPartition({ collection_name, partition_name });

const rows = Array.from({ length: 5000 }, (_, id) => ({
  id,
  title: `Book ${id}`,
  vector: Array.from({ length: 16 }, () => Math.random()),
}));
await writeFile("example-node.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const { tasks, status } = await client.bulkInsert({ collection_name, partition_name, files: ["example-node.jsonl"] });
if (status.error_code !== "Success") throw new Error(status.reason);
let state = await client.getImportState({ task: tasks[0] });
while (!["ImportCompleted", "ImportFailed"].includes(state.state)) {
  await sleep(100);
  state = await client.getImportState({ task: tasks[0] });
}
const reason = state.infos.find(({ key }) => key === "failed_reason")?.value ?? "";
console.log(`${state.state}: ${state.row_count} rows ${reason}`);

await client.createIndex({ collection_name, field_name: "vector", index_type: "FLAT", metric_type: "L2" });
await client.loadCollectionSync({ collection_name });
const { data } = await client.query({ collection_name, partition_names: [partition_name], filter: "id < 3" });
console.log(data.map(({ id }) => id).join(" "));
await client.closeConnection();
