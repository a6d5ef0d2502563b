"""A real Milvus 2.3.5 of the package `milvus`, for as long as a block of `with` lasts."""
import contextlib
import os
import random
import shutil
import socket

from milvus import MilvusServer

ATTEMPTS = 3
START_LIMIT_MS = 120_000
# Below the ports that systems give to outgoing calls (32768 on): the package looks for its ports from 40000 on, lets them go, and its
# parts wait for ever when a call of somebody else has taken one before they listen.
PORTS = range(20000, 30000)


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def started(base_dir):
    server = MilvusServer()
    server.set_base_dir(base_dir)
    names = [name for name in server.config_keys if name.endswith("_port")]
    free = (port for port in random.sample(PORTS, len(PORTS)) if is_free(port))
    server.config.update(**{name: next(free) for name in names})
    server.wait_for_started = False
    try:
        server.start()
        server.wait_started(START_LIMIT_MS)
    except BaseException:
        server.stop()
        raise
    return server


def last_words(base_dir, characters=2000):
    """What the server has printed last."""
    folder = os.path.join(base_dir, "logs")
    texts = []
    for name in ("milvus-stdout.log", "milvus-stderr.log"):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, name), encoding="utf-8") as log:
            texts.append(f"{name}: {log.read()[-characters:]}")
    return "\n".join(texts)


@contextlib.contextmanager
def real_milvus(base_dir):
    """Yields the running server; a start that comes to nothing is made again from an empty folder."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            server = started(base_dir)
            break
        except (TimeoutError, RuntimeError) as error:
            if attempt == ATTEMPTS:
                raise RuntimeError(f"{error}, {ATTEMPTS} times; {last_words(base_dir)}") from error
            shutil.rmtree(base_dir)
            os.makedirs(base_dir)
    try:
        yield server
    finally:
        server.stop()
