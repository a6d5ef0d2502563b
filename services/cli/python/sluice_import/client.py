"""Imports into a server that runs, over REST alone."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .frames import is_table, write_parquet
from .jobs import Job, Rejected, job_of, rejected_of

ENDED = ("Completed", "Failed", "RolledBack", "Uncommitted")
POLL_SECONDS = 0.1
PAGE = 1000
NO_COLLECTION = 100


class SluiceError(Exception):
    """What the server refuses, in its words. `code` is Milvus's; 0 where nobody answers."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ImportFailed(SluiceError):
    """A job that failed: nothing of it is visible."""

    def __init__(self, job: Job) -> None:
        super().__init__(1, job.reason)
        self.job = job


class Client:
    """A running Sluice.

    `staging` is a folder that the server reads under the same path: tables in memory go through it as files.
    """

    def __init__(self, address: str = "127.0.0.1:19530", *, token: str | None = None, staging: str | None = None) -> None:
        self.address = address
        self._base = address.rstrip("/") if "://" in address else f"http://{address}"
        self._token = token
        self._staging = staging

    def import_files(
        self,
        source: Any,
        collection: str,
        *,
        create: bool = False,
        partition: str | None = None,
        options: dict[str, Any] | None = None,
        progress: bool | Callable[[int, int], None] | None = None,
    ) -> Job:
        """Imports files, folders or patterns (a path, or a list), a pandas DataFrame or an Arrow table, and waits for the end.

        `create` makes a missing collection, as `inspect` proposes it. `options` are those of the server (docs/options.md).
        `progress` is told percent and rows; True draws a bar, which is the default on a terminal.
        Raises ImportFailed, SluiceError.
        """
        with self._paths(source) as paths:
            if create and not self.has(collection):
                options = {**self.create(collection, paths[0], options), **(options or {})}
            body = {"collectionName": collection, "files": [[path] for path in paths], "options": _texts(options)}
            if partition is not None:
                body["partitionName"] = partition
            job = self.wait(self._begin(body), progress=progress)
        if job.state == "Failed":
            raise ImportFailed(job)
        return job

    def _begin(self, body: dict[str, Any]) -> str:
        try:
            return self.post("jobs/import/create", body)["jobId"]
        except SluiceError as error:
            if error.code != NO_COLLECTION:
                raise
            raise SluiceError(error.code, f"{error}: import_files(…, create=True) makes it") from error

    def dry_run(self, source: Any, collection: str, *, options: dict[str, Any] | None = None) -> Job:
        """Reads and checks everything and writes nothing; `rejects` and `checked` say what was found."""
        wanted = {"dry_run": True, "on_error": "skip", **(options or {})}
        return self.import_files(source, collection, options=wanted, progress=False)

    def inspect(self, source: Any, *, options: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """What files hold, and which collection would take them."""
        with self._paths(source) as paths:
            body = {"files": [[path] for path in paths], "options": _texts(options)}
            return self.post("jobs/import/inspect", body)["files"]

    def create(self, collection: str, source: Any, options: dict[str, Any] | None = None) -> dict[str, str]:
        """Makes and loads the collection that `inspect` proposes for a source; options that an import into it needs."""
        proposed = self.inspect(source, options=options)[0]["schema"]
        fields = [{key: value for key, value in field.items() if key != "evidence"} for field in proposed["fields"]]
        if not any(field["dataType"].endswith("Vector") or field["dataType"] == "ArrayOfStruct" for field in fields):
            raise SluiceError(1100, "no column is surely a vector: make the collection first, then import without create")
        schema = {
            "autoID": proposed["autoId"],
            # A column `$meta`, as exports have it, is the dynamic field's.
            "enableDynamicField": proposed["enableDynamicField"],
            "fields": fields,
        }
        body = {"collectionName": collection, "schema": schema, "indexParams": proposed["indexParams"]}
        self.post("collections/create", body)
        return proposed.get("options", {})

    def has(self, collection: str) -> bool:
        return self.post("collections/has", {"collectionName": collection})["has"]

    def job(self, job_id: str) -> Job:
        return job_of(self.post("jobs/import/describe", {"jobId": job_id}))

    def wait(self, job_id: str, *, progress: bool | Callable[[int, int], None] | None = None) -> Job:
        """Waits until a job has ended, or waits for its commit."""
        tell = _bar() if progress is True or (progress is None and sys.stderr.isatty()) else progress
        while True:
            data = self.post("jobs/import/describe", {"jobId": job_id})
            if callable(tell):
                tell(data["progress"], data.get("checkedRows", data.get("importedRows", 0)))
            if data["state"] in ENDED:
                return job_of(data)
            time.sleep(POLL_SECONDS)

    def rejects(self, job_id: str) -> Iterator[Rejected]:
        """All rows that were left out of a job, page by page."""
        page = 1
        while True:
            body = {"jobId": job_id, "pageSize": PAGE, "currentPage": page}
            records = self.post("jobs/import/errors", body)["records"]
            yield from map(rejected_of, records)
            if len(records) < PAGE:
                return
            page += 1

    def query(self, collection: str, expression: str = "", *, fields: Iterable[str] = ("*",), limit: int = 100) -> list[dict]:
        """Rows that an expression selects."""
        body = {"collectionName": collection, "filter": expression, "outputFields": list(fields), "limit": limit}
        return self.post("entities/query", body)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The `data` of a call below `/v2/vectordb/`. Raises SluiceError."""
        headers = {"content-type": "application/json", "accept-type-allow-int64": "true"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        url = f"{self._base}/v2/vectordb/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            answer = _answer_of(error)
        except urllib.error.URLError as error:
            raise SluiceError(0, f"no Sluice answers at {self._base}: {error.reason}; Server(FOLDER) starts one") from error
        if answer.get("code", 0) != 0:
            raise SluiceError(answer["code"], answer.get("message", ""))
        return answer.get("data")

    @contextmanager
    def _paths(self, source: Any) -> Iterator[list[str]]:
        """The paths of a source, absolute where they lie here; a table lies in a file for as long as it is needed."""
        if not is_table(source):
            named = [source] if isinstance(source, (str, os.PathLike)) else list(source)
            yield [os.path.abspath(path) if os.path.exists(path) else os.fspath(path) for path in named]
            return
        if self._staging is None:
            raise SluiceError(0, "a table in memory needs a folder that the server reads: Client(..., staging=FOLDER)")
        with tempfile.TemporaryDirectory(prefix="sluice-", dir=self._staging) as folder:
            yield [write_parquet(source, os.path.join(folder, "table.parquet"))]


def _texts(options: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (options or {}).items() if value is not None}


def _answer_of(error: urllib.error.HTTPError) -> dict[str, Any]:
    text = error.read().decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return {"code": error.code, "message": text or str(error)}


def _bar() -> Callable[[int, int], None]:
    begin = time.monotonic()

    def draw(percent: int, rows: int) -> None:
        filled = "#" * (percent * 30 // 100)
        rate = rows / max(time.monotonic() - begin, 0.001)
        end = "\n" if percent >= 100 else ""
        sys.stderr.write(f"\rimporting [{filled:<30}] {percent:3d} %  {rows} rows, {rate:,.0f}/s{end}")
        sys.stderr.flush()

    return draw
