"""A server on this machine, for as long as a program needs it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from .client import Client, SluiceError

START_SECONDS = 60
STOP_SECONDS = 60
NODE_MAJOR = 24


class Server(Client):
    """Starts a Sluice whose state is in `data_dir`, and is its client; `close`, or the end of a `with` block, stops it.

    It is found by `command`, by SLUICE_COMMAND, as `sluice` on the PATH, or else unpacked from this package by npm, once, into
    the user's cache. It listens on loopback alone, on a free port unless told otherwise.
    """

    def __init__(self, data_dir: str | os.PathLike[str] = ".sluice", *, command: str | None = None, port: int = 0) -> None:
        folder = Path(data_dir).resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._staging_folder = tempfile.TemporaryDirectory(prefix="sluice-tables-")
        arguments = ["--port", str(port), "--data-dir", str(folder), "--import-root", os.path.abspath(os.sep)]
        self._process = subprocess.Popen(
            [*_command(command), "standalone", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            super().__init__(self._wait_until_ready(), staging=self._staging_folder.name)
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self) -> str:
        """The address that the server says when it is ready. What it says besides is kept for the case that it is not."""
        said: list[str] = []
        threading.Thread(target=_drain, args=(self._process.stderr, said), daemon=True).start()
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                if line.startswith("ready "):
                    threading.Thread(target=_drain, args=(self._process.stdout, []), daemon=True).start()
                    return line.split()[1]
        finally:
            timer.cancel()
        self._process.wait()
        raise SluiceError(0, f"the server did not start: {''.join(said[-20:]).strip()}")

    def close(self) -> None:
        """Stops the server, which ends what it has in hand first."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._staging_folder.cleanup()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _drain(stream: Any, said: list[str]) -> None:
    for line in stream:
        said.append(line)
        del said[:-100]


def _command(given: str | None) -> list[str]:
    text = given or os.environ.get("SLUICE_COMMAND")
    if text:
        return shlex.split(text)
    found = shutil.which("sluice")
    return [found] if found else _unpacked()


def _unpacked() -> list[str]:
    """The command of this package, installed by npm into the user's cache; with a Node of its own where there is an older one."""
    archives = sorted((Path(__file__).parent / "command").glob("*.tgz"))
    if not archives:
        raise SluiceError(0, "no command `sluice` was found: name it by command= or SLUICE_COMMAND")
    if shutil.which("npm") is None:
        raise SluiceError(0, "the server needs Node with npm on the PATH; or name a command `sluice` by command=")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sluice-import"
    home = cache / archives[-1].stem
    if not home.exists():
        _install(str(archives[-1]), cache, home)
    own = home / "node_modules" / ".bin" / "node"
    node = str(own) if own.exists() else "node"
    return [node, str(home / "node_modules" / "sluice-command" / "bin" / "sluice.mjs")]


def _install(archive: str, cache: Path, home: Path) -> None:
    """Whole or not at all: into a folder that gets its name at the end."""
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    packages = [archive] if int(version[1:].split(".")[0]) >= NODE_MAJOR else [archive, f"node@{NODE_MAJOR}"]
    cache.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=cache)
    try:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, *packages], check=True)
        os.rename(folder, home)
    except OSError:
        # Another process may have been faster.
        if not home.exists():
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
