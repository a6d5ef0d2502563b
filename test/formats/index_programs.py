"""Builds and saves vectors with each program, and writes what it gives back itself. Arguments: FOLDER SEED."""
import json
import os
import sys

import faiss
import h5py
import numpy as np
import voyager
from safetensors.numpy import save_file
from usearch.index import Index as USearch

os.chdir(sys.argv[1])
rng = np.random.default_rng(int(sys.argv[2]))
rows, dim = int(rng.integers(50, 400)), int(rng.integers(2, 40))
data = rng.normal(size=(rows, dim)).astype(np.float32)
ids = rng.choice(2**40, size=rows, replace=False).astype(np.int64)
removed = ids[rng.choice(rows, size=rows // 10, replace=False)]
kept = [int(i) for i in ids if i not in set(removed.tolist())]
expected = {}


def keep(name, file_ids, vectors):
    expected[name] = {str(int(i)): np.asarray(v, dtype=np.float64).tolist() for i, v in zip(file_ids, vectors)}


for name, description in [("flat", "Flat"), ("ivf", "IVF8,Flat"), ("hnsw", "HNSW8"), ("refine", "SQ8,RFlat")]:
    index = faiss.index_factory(dim, description)
    index.train(data)
    if name == "ivf":
        index.add_with_ids(data, ids)
        index.remove_ids(removed)
        at = [int(np.flatnonzero(ids == i)[0]) for i in kept]
        keep("ivf.faiss", kept, data[at])
    else:
        mapped = faiss.IndexIDMap2(index)
        mapped.add_with_ids(data, ids)
        keep(f"{name}.faiss", ids, [mapped.reconstruct(int(i)) for i in ids] if name != "refine" else data)
        index = mapped
    faiss.write_index(index, f"{name}.faiss")

for space in ["Euclidean", "InnerProduct", "Cosine"]:
    index = voyager.Index(getattr(voyager.Space, space), num_dimensions=dim)
    index.add_items(data, [int(i) for i in ids])
    for i in removed:
        index.mark_deleted(int(i))
    index.save(f"{space}.voyager")
    keep(f"{space}.voyager", kept, index.get_vectors(kept))

for dtype in ["f32", "f16", "bf16"]:
    index = USearch(ndim=dim, dtype=dtype)
    index.add(ids.astype(np.uint64), data)
    for i in removed:
        index.remove(int(i))
    index.save(f"{dtype}.usearch")
    keep(f"{dtype}.usearch", kept, [index.get(i, dtype="f32") for i in kept])

chunks = (int(rng.integers(1, rows)), int(rng.integers(1, dim)))
with h5py.File("chunks.h5", "w") as file:
    file.create_dataset("vector", data=data, chunks=chunks, compression="gzip", shuffle=True, fletcher32=True)
    file.create_dataset("id", data=ids, chunks=(int(rng.integers(1, rows)),), maxshape=(None,))
keep("chunks.h5", ids, data)
save_file({"vector": data, "id": ids}, "tensors.safetensors")
keep("tensors.safetensors", ids, data)
np.savez_compressed("arrays.npz", vector=data, id=ids)
keep("arrays.npz", ids, data)
json.dump({"dim": dim, "files": expected}, open("expected.json", "w"))
