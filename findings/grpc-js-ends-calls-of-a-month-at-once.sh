#!/usr/bin/env bash
# @grpc/grpc-js 1.14.7, PyPI grpcio 1.85.3: a call that may take 30 days is over at once, one that may take 60 days is answered.
#
# A client sends how long it waits (`grpc-timeout`). A server of grpc-js makes milliseconds of it and cuts them to a signed number of 32
# bits: beyond 24.8 days they become negative, the timer fires at once, and the client reads DEADLINE_EXCEEDED, without a word in its log
# but Node's warning of a negative timeout. Beyond 49.7 days they begin anew: 60 days are 10, a year is 17 days, and 49 days, 17 hours,
# 2 minutes and 48 seconds are some 700 ms. 10^9 s, which are meant as no limit, are over at once again. Clients of grpc-js do the same
# to their server, and servers in other languages take all of these.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check grpcio==1.85.3
cat >serve.mjs <<'JS'
import { Server, ServerCredentials } from "@grpc/grpc-js";

const bytes = (value) => value;
const coding = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
const server = new Server();
server.addService({ wait: { path: "/test/Wait", requestStream: false, responseStream: false, ...coding } }, {
  wait: (_, answer) => setTimeout(answer, 200, null, Buffer.from("done")),
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => console.log(port));
process.stdin.on("end", () => process.exit()).resume();
JS
venv/bin/python - <<'PY'
import subprocess, sys
from concurrent import futures
import grpc

DAY = 86_400
waits = {"20 days": 20 * DAY, "30 days": 30 * DAY, "60 days": 60 * DAY, "a year": 365 * DAY, "10^9 s": 10**9}

def answers(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/test/Wait", request_serializer=bytes, response_deserializer=bytes)
        def answer(seconds):
            try:
                return call(b"?", timeout=seconds).decode()
            except grpc.RpcError as error:
                return error.code().name
        return {name: answer(seconds) for name, seconds in waits.items()}

node = subprocess.Popen(["node", "serve.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
by_node = answers(int(node.stdout.readline()))
node.stdin.close()
node.wait()
python = grpc.server(futures.ThreadPoolExecutor(1))
waiting = grpc.unary_unary_rpc_method_handler(lambda request, context: b"done")
python.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test", {"Wait": waiting})])
port = python.add_insecure_port("127.0.0.1:0")
python.start()
by_python = answers(port)
python.stop(None)
print(f"grpcio {grpc.__version__} asks a server of grpc-js: {by_node}")
print(f"and one of grpcio: {by_python}")
over = {name for name, answer in by_node.items() if answer == "DEADLINE_EXCEEDED"}
sys.exit(0 if over == {"30 days", "10^9 s"} and set(by_python.values()) == {"done"} else 1)
PY
