"""Functions that misbehave, for the tests of the sandbox to call."""

import os
import time


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
    print("this must not be taken for an answer")
    return "quiet"


def environment():
    return sorted(os.environ)
