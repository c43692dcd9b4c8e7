"""Functions that misbehave, for the tests of the sandbox to call."""

import os
import resource
import signal
import time
from pathlib import Path


def add(a, b):
    return a + b


def refuse(name):
    raise ValueError(f"{name} is refused")


def sleep(seconds):
    time.sleep(seconds)


def spin():
    while True:
        pass


def eat(mebibytes):
    hoard = []
    while sum(map(len, hoard)) < mebibytes << 20:
        hoard.append(b"x" * (16 << 20))
        time.sleep(0.02)
    return len(hoard)


def crash():
    os.abort()


def chatter():
    print("this must not be taken for an answer")  # noqa: T201
    return "quiet"


def environment():
    return sorted(os.environ)


def meet_a_full_disk():
    try:
        Path("/dev/full").write_text("something")
    except OSError as error:
        raise ValueError("a.csv cannot be read") from error


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    return "x" * 1000
