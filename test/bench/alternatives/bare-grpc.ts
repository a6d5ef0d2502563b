import { Server, ServerCredentials } from "@grpc/grpc-js";
import { milvus, okStatus } from "@sluice/rpc";

// A grpc-js server with nothing around it: no users, no interceptors, no second protocol on its port. Prints `ready ADDRESS`.

const server = new Server();
server.addService(milvus.MilvusServiceService, {
  getVersion: (_call: unknown, callback: (error: null, answer: object) => void) =>
    callback(null, { status: okStatus(), version: "2.6.0" }),
  hasPartition: (_call: unknown, callback: (error: null, answer: object) => void) =>
    callback(null, { status: okStatus(), value: true }),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`ready 127.0.0.1:${port}\n`);
});
