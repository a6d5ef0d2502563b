import { createInterface } from "node:readline";
import { connectClient, milvus } from "@sluice/rpc";

// A client in a process of its own, so that several of them have more to ask than one can. Arguments: address, collection, method.
// Each line of standard input is how many milliseconds to call, and how many calls may be under way: `500 8`. Prints the calls.

const [address, collectionName, method] = process.argv.slice(2) as [string, string, "getVersion" | "hasPartition"];
const authorization = Buffer.from("root:Milvus").toString("base64");
const client = connectClient(milvus.MilvusServiceClient, address, { authorization });
const request = milvus.HasPartitionRequest.fromPartial({ collectionName, partitionName: "_default" });

for await (const line of createInterface({ input: process.stdin })) {
  const [ms, atOnce] = line.split(" ").map(Number);
  const endMs = performance.now() + ms;
  let calls = 0;
  const one = async () => {
    for (; performance.now() < endMs; calls++) await client[method](request as never);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  process.stdout.write(`${calls}\n`);
}
client[Symbol.dispose]();
