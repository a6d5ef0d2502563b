"""The whole import workflow through an unmodified pymilvus, in collections and files of its own.

usage: scenario.py HOST:PORT FOLDER          FOLDER must lie below an import root of the server

Every value that comes back is compared with what was written. Prints one line per step; ends with exit code 0 only when
all steps passed. Runs under every pymilvus from 2.2.17 on: what a version lacks is not called there.
"""
import logging
import sys

import orm_steps
from harness import VERSION, Context, run, steps

if VERSION >= (2, 4, 8):
    import client_steps  # noqa: F401  adds its steps

steps.append(orm_steps.drop_all)

# Refusals are part of the scenario; the client logs each with its stack.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)

if __name__ == "__main__":
    sys.exit(1 if run(Context(sys.argv[1], sys.argv[2]), fatal=("connect", "create", "client_create")) else 0)
