"""The sandbox: answers come back, hogs and crashes are stopped and named, and the next call works all the same."""

import errno
import threading

import pytest

from core.sandbox import CrashedError, Limits, MemoryLimitError, RemoteError, StoppedError, TimeLimitError, call

HOSTILE = "tests.core.hostile"


@pytest.fixture(autouse=True)
def works_again_afterwards():
    yield
    assert call(f"{HOSTILE}:add", {"a": 1, "b": 2}) == 3


def test_an_exception_keeps_its_class_and_words():
    with pytest.raises(RemoteError, match=r"a\.csv is refused") as caught:
        call(f"{HOSTILE}:refuse", {"name": "a.csv"})
    assert caught.value.kinds[:2] == ["ValueError", "Exception"]
    assert "hostile.py" in caught.value.traceback


@pytest.mark.parametrize(("function", "arguments"), [("sleep", {"seconds": 60}), ("spin", {})])
def test_what_does_not_end_is_stopped(function, arguments):
    with pytest.raises(TimeLimitError, match="stopped after 0.5 s"):
        call(f"{HOSTILE}:{function}", arguments, Limits(seconds=0.5))


def test_a_memory_hog_is_stopped():
    with pytest.raises(MemoryLimitError, match="more than 0.75 GiB of memory"):
        call(f"{HOSTILE}:eat", {"mebibytes": 4096}, Limits(memory=768 << 20))


def test_what_is_not_wanted_any_more_is_stopped():
    unwanted = threading.Event()
    threading.Timer(0.3, unwanted.set).start()
    with pytest.raises(StoppedError):
        call(f"{HOSTILE}:spin", {}, Limits(seconds=30), unwanted=unwanted)


def test_the_system_s_error_number_survives_another_exception():
    with pytest.raises(RemoteError, match="cannot be read") as caught:
        call(f"{HOSTILE}:meet_a_full_disk", {})
    assert caught.value.errno == errno.ENOSPC


def test_an_answer_that_cannot_be_stored_is_the_disk_s_fault():
    with pytest.raises(OSError, match="could not store its answer"):
        call(f"{HOSTILE}:limit_files", {})


def test_a_crash_in_machine_code_is_named():
    with pytest.raises(CrashedError, match="SIGABRT"):
        call(f"{HOSTILE}:crash", {})


def test_what_a_library_prints_is_no_answer():
    assert call(f"{HOSTILE}:chatter", {}) == "quiet"


def test_the_child_knows_no_address_of_a_database(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    names = call(f"{HOSTILE}:environment", {})
    assert "PATH" in names
    assert not any("DATABASE" in name or "REDIS" in name or "COSINTER" in name for name in names)


def test_a_child_that_ends_at_once_is_not_waited_for_in_vain():
    for number in range(200):
        assert call(f"{HOSTILE}:add", {"a": number, "b": 1}, Limits(seconds=20)) == number + 1
