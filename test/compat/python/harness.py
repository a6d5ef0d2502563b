"""Steps, checks and the state that steps share."""
import os
import random
import time
import traceback

import pymilvus

VERSION = tuple(int(part) for part in pymilvus.__version__.split(".")[:3])
LIMIT_SECONDS = 60

steps = []


def step(function):
    steps.append(function)
    return function


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def equal(found, expected, what):
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def raises(call, *texts, code=None):
    """`call` must raise a MilvusException that contains one of `texts`, and soon: no retries behind it."""
    start = time.time()
    try:
        answer = call()
    except pymilvus.MilvusException as error:
        check(any(text in str(error) for text in texts), f"odd error: {error!r}, wanted one of {texts}")
        if code is not None and VERSION >= (2, 3, 2):
            equal(error.code, code, f"code of {error!r}")
        check(time.time() - start < 5, f"the refusal took {time.time() - start:.1f} s")
        return error
    raise AssertionError(f"expected a refusal with {texts}, found {answer!r}")


class Context:
    def __init__(self, address, folder):
        self.address = address
        self.host, self.port = address.split(":")
        self.url = f"http://{address}"
        self.folder = os.path.abspath(folder)
        self.name = "compat_" + pymilvus.__version__.replace(".", "_")
        self.random = random.Random(7)
        os.makedirs(self.folder, exist_ok=True)


def run(ctx, fatal):
    """Runs all steps; the number that failed. A failed step whose name is in `fatal` ends the run."""
    failed = 0
    for function in steps:
        start = time.time()
        try:
            function(ctx)
            print(f"ok {function.__name__} {time.time() - start:.2f}s", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {function.__name__}\n{traceback.format_exc()}", flush=True)
            if function.__name__ in fatal:
                break
    return failed
