#!/usr/bin/env bash
# @grpc/grpc-js 1.14.7 on Node 24.21.0: a server says that it has shut down while calls of injected connections still run.
#
# `tryShutdown` waits until the calls that run have been answered, and so it does for connections that the server has accepted
# itself. For those that were handed to it by `createConnectionInjector`, which is how one port serves two protocols, it calls
# back at once, since Node 24 closes all sessions of such a server first and grpc-js takes a closed one for one that has ended; on Node
# 20.20.2 it waits. Whoever ends the process then breaks off calls whose outcome the client does not learn.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @grpc/grpc-js@1.14.7 node20@npm:node@20.20.2 node24@npm:node@24.21.0
cat >shutdown.mjs <<'JS'
import { createServer } from "node:net";
import { Client, Server, ServerCredentials, credentials } from "@grpc/grpc-js";

const CALL_MS = 500;
const raw = { path: "/test/Slow", requestStream: false, responseStream: false };
const bytes = (value) => value;
const coding = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };

/** What had happened when the server said that it was down: was the call that it was in the middle of answered? */
async function wasAnsweredAtShutdown(listen) {
  const server = new Server();
  let enter;
  const entered = new Promise((resolve) => (enter = resolve));
  server.addService({ slow: { ...raw, ...coding } }, {
    slow: (_, answer) => {
      enter();
      setTimeout(answer, CALL_MS, null, Buffer.from("done"));
    },
  });
  const client = new Client(`127.0.0.1:${await listen(server)}`, credentials.createInsecure());
  let isAnswered = false;
  const ended = new Promise((resolve) =>
    client.makeUnaryRequest(raw.path, bytes, bytes, Buffer.from("?"), (error, answer) => {
      isAnswered = String(answer) === "done";
      resolve(error);
    }),
  );
  await entered;
  await new Promise((down) => server.tryShutdown(down));
  const atShutdown = isAnswered;
  await ended;
  client.close();
  return atShutdown;
}

const own = (server) =>
  new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
let front;
const injected = async (server) => {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  front = createServer((socket) => injector.injectConnection(socket));
  await new Promise((listening) => front.listen(0, "127.0.0.1", listening));
  return front.address().port;
};
const byItself = await wasAnsweredAtShutdown(own);
const byInjection = await wasAnsweredAtShutdown(injected);
console.log(`Node ${process.versions.node}: when the server was down a running call was answered: \
${byItself} where it listens itself, ${byInjection} where connections are injected`);
process.exit(byItself && byInjection === process.versions.node.startsWith("20.") ? 0 : 1);
JS
for version in 20 24; do
  "$(node -p "require('node:path').dirname(require.resolve('node$version/package.json'))")/bin/node" shutdown.mjs
done
