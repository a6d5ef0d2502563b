"""Stages and volumes by the unmodified classes of a pymilvus release: `volumes.py HOST:PORT FOLDER`. Prints `ok` and a line for each step."""
import inspect
import json
import os
import random
import sys
import time
import urllib.request

import pymilvus
from pymilvus import DataType, MilvusClient
from pymilvus.bulk_writer import bulk_import, get_import_progress

ADDRESS, FOLDER = sys.argv[1:]
URL = f"http://{ADDRESS}"
VERSION = tuple(int(part) for part in pymilvus.__version__.split(".")[:3])
NAME = "v_" + pymilvus.__version__.replace(".", "_")
ROWS = 1500
LIMIT_SECONDS = 60
KEY = "root:Milvus"

# What a folder holds that is uploaded, by its name in it.
TREE = {
    "plain.json": b'{"rows": []}',
    "a b/f+x&y=z%20.bin": b"x" * 10,
    "ü/ünïcode.bin": b"y" * 11,
    "empty.bin": b"",
    "exact.bin": os.urandom(5 << 20),
    "deep/er/parts.bin": os.urandom(12 << 20),
}


def rest(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Authorization": f"Bearer {KEY}"}, method=method)
    answer = json.load(urllib.request.urlopen(request))
    assert answer["code"] == 0, answer
    return answer["data"]


def equal(found, expected, what):
    assert found == expected, f"{what}: expected {expected!r}, found {found!r}"


def write_tree():
    source = os.path.join(FOLDER, "tree")
    for name, content in TREE.items():
        path = os.path.join(source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    return source


def manage():
    """Makes the stage or volume, with what the release has for it; 2.6.0 has nothing."""
    if VERSION < (2, 6, 1):
        rest("POST", "/v2/stages/create", {"stageName": NAME, "projectId": "p", "regionId": "r"})
    elif VERSION < (2, 6, 5):
        from pymilvus.bulk_writer.stage_manager import StageManager

        manager = StageManager(URL, KEY)
        manager.create_stage("p", "r", NAME)
        stages = manager.list_stages("p", 1, 10).json()["data"]["stages"]
        assert NAME in [stage["stageName"] for stage in stages], stages
    else:
        from pymilvus.bulk_writer.volume_manager import VolumeManager

        manager = VolumeManager(URL, KEY)
        manager.create_volume("p", "r", NAME)
        volumes = manager.list_volumes("p", 1, 10).json()["data"]["volumes"]
        assert NAME in [volume["volumeName"] for volume in volumes], volumes
        if hasattr(manager, "describe_volume"):
            equal(manager.describe_volume(NAME).json()["data"]["status"], "RUNNING", "status")


def upload(source, target):
    """Uploads a file or folder; what the class says of it."""
    if VERSION < (2, 6, 1):
        from pymilvus.stage.stage_operation import StageOperation

        return StageOperation(URL, KEY, NAME, target).upload_file_to_stage(source)
    if VERSION < (2, 6, 5):
        from pymilvus.bulk_writer.stage_file_manager import StageFileManager

        return StageFileManager(URL, KEY, NAME).upload_file_to_stage(source, target)
    from pymilvus.bulk_writer.volume_file_manager import VolumeFileManager

    return VolumeFileManager(URL, KEY, NAME).upload_file_to_volume(source, target)


def said_of(target):
    if VERSION < (2, 6, 5):
        return {"stageName": NAME, "path": target}
    names = {"volumeName": NAME} if VERSION < (2, 6, 16) else {"volumeName": NAME, "volume_name": NAME}
    return {**names, "path": target}


def upload_tree():
    source = write_tree()
    equal(upload(source, "tree/"), said_of("tree/"), "answer for a folder")
    found = rest("GET", f"/v2/volumes/{NAME}")
    equal((found["fileCount"], found["totalBytes"]), (len(TREE), sum(map(len, TREE.values()))), "files and bytes")
    equal(upload(os.path.join(source, "exact.bin"), "one/"), said_of("one/"), "answer for a file")
    # The same again takes the place of what was there.
    upload(source, "tree/")
    equal(rest("GET", f"/v2/volumes/{NAME}")["fileCount"], len(TREE) + 1, "files after a second upload")


def schema():
    made = MilvusClient.create_schema(auto_id=False)
    made.add_field("id", DataType.INT64, is_primary=True)
    made.add_field("title", DataType.VARCHAR, max_length=100)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    made.verify()
    return made


def rows():
    generator = random.Random(5)
    for id in range(ROWS):
        yield {"id": id, "title": f"t{id}", "vector": [generator.random() for _ in range(4)]}


def write_by_bulk_writer():
    """The folder that a bulk writer has uploaded; 2.6.0 has none that does."""
    if VERSION < (2, 6, 1):
        path = os.path.join(FOLDER, "rows.json")
        with open(path, "w") as file:
            json.dump(list(rows()), file)
        upload(path, "writer/")
        return "writer/"
    if VERSION < (2, 6, 5):
        from pymilvus.bulk_writer.stage_bulk_writer import StageBulkWriter as Writer

        name = {"stage_name": NAME}
    else:
        from pymilvus.bulk_writer.volume_bulk_writer import VolumeBulkWriter as Writer

        name = {"volume_name": NAME}
    # Small chunks, so that there are several files.
    with Writer(schema(), "writer", URL, KEY, chunk_size=16 << 10, **name) as writer:
        for row in rows():
            writer.append_row(row)
        writer.commit()
        result = writer.get_stage_upload_result() if VERSION < (2, 6, 5) else writer.get_volume_upload_result()
        assert len(writer.batch_files) > 1, writer.batch_files
    equal({key: result[key] for key in name}, name, "answer of the bulk writer")
    return result["path"]


def import_rows(path):
    client = MilvusClient(uri=URL)
    client.create_collection(NAME, schema=schema())
    index = client.prepare_index_params()
    index.add_index("vector", index_type="AUTOINDEX", metric_type="L2")
    client.create_index(NAME, index)
    client.load_collection(NAME)
    word = "stage_name" if VERSION < (2, 6, 5) else "volume_name"
    if word in inspect.signature(bulk_import).parameters:
        given = {word: NAME, "data_paths": [[path]]}
        job = bulk_import(URL, NAME, api_key=KEY, cluster_id="in00", **given).json()["data"]["jobId"]
    else:
        body = {"collectionName": NAME, "stageName": NAME, "dataPaths": [[path]], "files": None, "objectUrl": ""}
        job = rest("POST", "/v2/vectordb/jobs/import/create", body)["jobId"]
    end = time.time() + LIMIT_SECONDS
    while time.time() < end:
        state = get_import_progress(URL, job, api_key=KEY, cluster_id="in00").json()["data"]
        if state["state"] in ("Completed", "Failed"):
            break
        time.sleep(0.1)
    equal(state["state"], "Completed", f"state of {state}")
    equal(client.query(NAME, "", output_fields=["count(*)"])[0]["count(*)"], ROWS, "rows")
    equal(client.query(NAME, "id == 1234", output_fields=["title"])[0]["title"], "t1234", "title")


def climbs_out():
    """Releases before 2.6.16 send what leads out of the volume as it is; others refuse it themselves."""
    try:
        upload(os.path.join(FOLDER, "tree/plain.json"), "../../etc/")
    except Exception as error:
        print("refused:", str(error)[:200])
        return
    raise AssertionError("a path out of the volume was taken")


def drop():
    if VERSION < (2, 6, 1):
        rest("DELETE", f"/v2/stages/{NAME}")
    elif VERSION < (2, 6, 5):
        from pymilvus.bulk_writer.stage_manager import StageManager

        StageManager(URL, KEY).delete_stage(NAME)
    else:
        from pymilvus.bulk_writer.volume_manager import VolumeManager

        VolumeManager(URL, KEY).delete_volume(NAME)


manage()
upload_tree()
import_rows(write_by_bulk_writer())
climbs_out()
drop()
print(f"ok pymilvus {pymilvus.__version__}")
