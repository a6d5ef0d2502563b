#!/usr/bin/env bash
# npm zod 4.6.7: a union does not give its own error where one alternative alone has the value's type.
#
# `z.union([…], { error })` answers with `error` for a value that no alternative takes, such as true for a time or a number. For a
# text that is no time it answers "Invalid ISO datetime" instead, since only that alternative got as far as looking at the text: its
# issues stand in place of the union's, and say nothing of the other forms that would do. Who wants one sentence for all wrong values
# puts it on each alternative, too.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit zod@4.6.7
node --input-type=module - <<'JS'
import { z } from "zod";

const time = z.union([z.iso.datetime(), z.number()], { error: "a time, or milliseconds" });
const said = (value) => time.safeParse(value).error?.issues.map(({ message }) => message).join("; ");
const [other, text] = [said(true), said("yesterday")];
console.log(`true: ${other}; "yesterday": ${text}`);
process.exit(other === "a time, or milliseconds" && text === "Invalid ISO datetime" ? 0 : 1);
JS
