"""Lets Chroma, qdrant-client, Milvus Lite and sqlite-vec keep rows through a random history.

store_programs.py FOLDER SEED: the stores, and expected.json with the rows that each of them then gives.
"""
import json
import os
import random
import shutil
import struct
import sys

import apsw
import chromadb
import numpy as np
import sqlite_vec
from pymilvus import MilvusClient
from qdrant_client import QdrantClient, models

folder, seed = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(seed)
chance = random.Random(seed)
expected = {}


def vectors(count, dim):
    return (rng.normal(size=(count, dim)) * 10).astype(np.float32).tolist()


def some_keys(top, most):
    return list({chance.randrange(top) for _ in range(chance.randrange(1, most))})


def chroma():
    client = chromadb.PersistentClient(f"{folder}/chroma")
    for space in ("cosine", "l2", "ip"):
        sizes = {"hnsw:batch_size": chance.choice([5, 20]), "hnsw:sync_threshold": chance.choice([20, 50, 1000])}
        collection = client.create_collection(f"by-{space}", metadata={"hnsw:space": space, **sizes})
        live = set()
        for _ in range(20):
            step = chance.choice(["add", "add", "upsert", "update", "delete"])
            ids = [f"k{key}" for key in some_keys(150, 20)]
            ids = [id for id in ids if (id in live) == (step in ("update", "delete")) or step == "upsert"]
            if not ids:
                continue
            if step == "delete":
                collection.delete(ids=ids)
                live -= set(ids)
                continue
            metadatas = [{"a": chance.randrange(100), "b": chance.random()} for _ in ids]
            getattr(collection, step)(ids=ids, embeddings=vectors(len(ids), 6), metadatas=metadatas)
            live |= set(ids)
        found = collection.get(include=["embeddings", "metadatas"])
        rows = zip(found["ids"], found["embeddings"], found["metadatas"])
        expected[f"by-{space}"] = [{"id": id, "embedding": [float(x) for x in e], "metadata": m} for id, e, m in rows]


def qdrant():
    client = QdrantClient(path=f"{folder}/qdrant")
    client.create_collection("points", vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT))
    for _ in range(15):
        keys = some_keys(50, 12)
        points = [models.PointStruct(id=key, vector=vector, payload={"n": key / 4}) for key, vector in zip(keys, vectors(len(keys), 4))]
        client.upsert("points", points) if chance.random() < 0.7 else client.delete("points", keys)
    client.close()
    client = QdrantClient(path=f"{folder}/qdrant")
    found, _ = client.scroll("points", limit=1000, with_vectors=True)
    expected["points"] = [{"id": point.id, "vector": point.vector, "payload": point.payload} for point in found]
    client.close()


def milvus_lite():
    client = MilvusClient(f"{folder}/closed.db")
    client.create_collection("lite", dimension=3, auto_id=False)
    client.create_partition("lite", "p1")
    for _ in range(30):
        step, keys = chance.choice(["insert", "upsert", "upsert", "delete", "flush"]), some_keys(60, 15)
        if step == "delete":
            client.delete("lite", ids=keys)
        elif step == "flush":
            client.flush("lite")
        else:
            rows = [{"id": key, "vector": vector, "x": key % 9} for key, vector in zip(keys, vectors(len(keys), 3))]
            getattr(client, step)("lite", rows, partition_name=chance.choice(["_default", "p1"]))
    found = client.query("lite", filter="id >= 0", output_fields=["*"], limit=1000)
    expected["lite"] = [{"id": row["id"], "vector": [float(x) for x in row["vector"]]} for row in found]
    # Closing moves what the logs have into data files.
    shutil.copytree(f"{folder}/closed.db", f"{folder}/open.db")
    client.close()


def sqlite_vectors():
    db = apsw.Connection(f"{folder}/vectors.db")
    db.enable_load_extension(True)
    db.load_extension(sqlite_vec.loadable_path())
    db.execute(f"CREATE VIRTUAL TABLE v USING vec0(e float[5], g text, n integer, +aux text, chunk_size={chance.choice([8, 64])})")
    live = set()
    for _ in range(200):
        key = chance.randrange(-50, 200)
        if key not in live:
            blob = sqlite_vec.serialize_float32(vectors(1, 5)[0])
            values = (key, blob, "é" * chance.randrange(14), chance.randrange(-(2**40), 2**40), chance.choice([None, "a" * chance.randrange(5000)]))
            db.execute("INSERT INTO v(rowid, e, g, n, aux) VALUES (?, ?, ?, ?, ?)", values)
            live.add(key)
        elif chance.random() < 0.5:
            db.execute("DELETE FROM v WHERE rowid = ?", (key,))
            live.remove(key)
        else:
            db.execute("UPDATE v SET g = ?, n = 7 WHERE rowid = ?", ("ü" * chance.randrange(20), key))
    rows = db.execute("SELECT rowid, e, g, n, aux FROM v")
    expected["v"] = [{"rowid": key, "e": list(struct.unpack("<5f", e)), "g": g, "n": n, "aux": aux} for key, e, g, n, aux in rows]
    db.close()


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
for write in (chroma, qdrant, milvus_lite, sqlite_vectors):
    write()
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file)
