#!/usr/bin/env bash
# PyPI boto3 1.44.8: an error of S3 whose document has S3's own namespace has neither code nor message.
#
# `ListBucketResult` and its kin come with xmlns="http://s3.amazonaws.com/doc/2006-03-01/", and boto3 reads them with it or without.
# Of a server that writes <Error> the same way it raises a ClientError whose Code and Message are empty, so that AccessDenied,
# NoSuchKey and SlowDown are no longer told apart by who catches them. minio-py 7 reads both forms. So an S3 server leaves the
# namespace out of errors alone.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check boto3==1.44.8
venv/bin/python - <<'PY'
import sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import boto3, botocore

class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        space = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"' if "namespaced" in self.path else ""
        body = f"<Error{space}><Code>AccessDenied</Code><Message>not you</Message></Error>".encode()
        self.send_response(403)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Refusing)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = boto3.client(
    "s3", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1",
    aws_access_key_id="a", aws_secret_access_key="b",
    config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)

def told(bucket):
    try:
        client.get_object(Bucket=bucket, Key="k")
    except botocore.exceptions.ClientError as error:
        return error.response["Error"].get("Code"), error.response["Error"].get("Message")

plain, namespaced = told("plain"), told("namespaced")
print(f"boto3 {boto3.__version__}: without namespace {plain}, with it {namespaced}")
sys.exit(0 if plain == ("AccessDenied", "not you") and namespaced == ("", "") else 1)
PY
