import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { FaultProxy } from "./fault-proxy.ts";

it("a connection that was slow and is no more gives its bytes in order", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer(accepted.resolve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await using proxy = await FaultProxy.open(port);
  const client = createConnection(proxy.port, "127.0.0.1");
  const [sender] = await Promise.all([accepted.promise, once(client, "connect")]);
  let got = "";
  client.setEncoding("utf8").on("data", (text: string) => {
    got += text;
  });
  proxy.set({ kind: "slow", delayMs: 200 });
  sender.write("a");
  await sleep(50);
  sender.write("b");
  await sleep(50);
  proxy.set({ kind: "pass" });
  sender.write("c");
  while (got.length < 3) await sleep(10);
  expect(got).toBe("abc");
  for (const socket of [sender, client]) socket.destroy();
  server.close();
});
