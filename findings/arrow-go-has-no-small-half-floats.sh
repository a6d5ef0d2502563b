#!/usr/bin/env bash
# Go github.com/apache/arrow-go/v18 v18.8.0: half floats below 6.1e-5 that others wrote are below 1e-38 to it, and those that it makes are cut.
#
# Half floats go on below 2^-14 (0.000061) with fewer digits, down to 6e-8. `Float32()` of arrow-go, by which the values of a Float16 column are
# read and printed, takes the exponent of these for that of a float32: 0.00005 of NumPy is 9.6e-39, which is 0 in every distance. The other way,
# `float16.New` makes 0 of them, and takes the upper bits of larger ones, so that every number goes towards zero, with twice the error: of
# 0.3 it makes 0.29980, and the nearest is 0.30005. Nothing is raised; a column that is passed on as it is keeps its bits.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOMODCACHE="$folder/modules" GOFLAGS=-modcacherw
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyarrow==26.0.1 numpy==2.4.6
venv/bin/python - <<'PY'
import numpy as np, pyarrow as pa, pyarrow.ipc as ipc

numbers = pa.array(np.array([0.00005, -0.00003, 1e-6, 0.3, 0.25], np.float16))
with ipc.new_file("t.arrow", pa.schema([("x", pa.float16())])) as file:
    file.write_batch(pa.record_batch({"x": numbers}))
PY
mkdir program
cat >program/main.go <<'GO'
package main

import (
	"encoding/json"
	"os"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	reader := must(ipc.NewFileReader(must(os.Open("../t.arrow"))))
	column := must(reader.RecordBatch(0)).Column(0).(*array.Float16)
	read, made := []float32{}, []uint16{}
	for i := 0; i < column.Len(); i++ {
		read = append(read, column.Value(i).Float32())
	}
	for _, number := range []float32{0.00005, -0.00003, 1e-6, 0.3, 0.25} {
		made = append(made, float16.New(number).Uint16())
	}
	must(0, json.NewEncoder(os.Stdout).Encode(map[string]any{"read": read, "made": made, "text": column.String()}))
}
GO
(
  cd program
  go mod init halves
  go get github.com/apache/arrow-go/v18@v18.8.0
  go mod tidy
) >go.log 2>&1 || { cat go.log; exit 1; }
(cd program && go run .) >go.json
venv/bin/python - <<'PY'
import json, sys
import numpy as np, pyarrow.ipc as ipc

seen = json.load(open("go.json"))
halves = ipc.open_file("t.arrow").read_all()["x"].to_numpy()
made = np.array(seen["made"], np.uint16).view(np.float16)
print(f"the file, by NumPy {np.__version__}:", *halves)
print("the file, by arrow-go 18.8.0:", *seen["read"], "printed as", seen["text"])
print("the numbers, made by arrow-go:", *made)
is_lost = all(abs(x) < 1e-38 for x in seen["read"][:3]) and np.float32(seen["read"][3:]).tolist() == halves[3:].astype(np.float32).tolist()
is_cut = (made[:3] == 0).all() and 0.2997 < float(made[3]) < 0.3 < float(halves[3]) and made[4] == 0.25
sys.exit(0 if is_lost and is_cut else 1)
PY
