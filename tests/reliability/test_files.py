"""Files that do harm, uploads that break off, and a disk that is full: nothing is half-written, everything is said."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.lab import Lab, is_gone, until

pytestmark = [pytest.mark.services, pytest.mark.servers, pytest.mark.once]


def test_a_web_server_killed_during_an_upload_leaves_nothing_and_the_upload_is_repeated(lab: Lab) -> None:
    web = lab.living("web")
    assert web is not None
    order = lab.order()
    order.content += b"#" * (8 << 20)
    body, kind = lab.form(order)
    before = {table: _count(lab, table) for table in ("blob", "rawfile", "measurement", "filereading")}
    with socket.create_connection(("127.0.0.1", lab.port)) as line:
        head = f"POST /api/v1/files/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {lab.token}\r\n"
        line.sendall(f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        line.sendall(body[: len(body) // 2])
        web.kill()
    assert {table: _count(lab, table) for table in before} == before
    assert list((lab.home / "files").glob("incoming/*")) == []
    lab.start_web()
    lab.worker()
    lab.received(order).is_done_once()


STOPPED = "The computation was stopped after 10 s, the most it may take."
TOO_MUCH = "The computation was stopped because it needed more than 0.684 GiB of memory."
POISON = {
    ("read", "loop"): f"order.fault could not be read. {STOPPED} The file is safe.",
    ("read", "hog"): f"order.fault could not be read. {TOO_MUCH} The file is safe.",
    ("read", "crash"): "order.fault could not be read. The computation crashed (signal SIGABRT).",
    ("read", "raise"): "order.fault: Faulty cannot be read: ZeroDivisionError: a mistake in the plug-in",
    ("kernel", "loop"): f"faulty.count 1 gave no result. {STOPPED} The data are safe.",
    ("kernel", "hog"): f"faulty.count 1 gave no result. {TOO_MUCH} The data are safe.",
    ("kernel", "crash"): "faulty.count 1 gave no result. The computation crashed (signal SIGABRT).",
    ("kernel", "raise"): "faulty.count stopped with an error in the program (a mistake in the plug-in).",
}


def test_poison_files_end_with_words_and_the_worker_lives(lab: Lab) -> None:
    lab.no_worker()
    limits = {"COSINTER_JOB_SECONDS": "10", "COSINTER_JOB_MEMORY_MIB": "700"}
    worker = lab.new_worker(**limits)
    uploads = {case: lab.received(lab.order(**{case[0]: case[1]})) for case in POISON}
    for (stage, act), upload in uploads.items():
        job = upload.until_reading("failed") if stage == "read" else upload.until_run("failed")
        assert job["error"].startswith(POISON[stage, act])
        assert job["attempts"] == 1
        assert is_gone(upload.order.starts(stage)[0][0])
        assert lab.rows("SELECT id FROM analysis_tasks_result WHERE measurement_id = %s", upload.measurement) == []
    assert "Traceback" in uploads["kernel", "raise"].run()["log"]
    assert worker.alive()
    lab.received(lab.order()).is_done_once()
    lab.no_worker()


def test_a_file_that_kills_its_worker_each_time_is_given_up_with_its_story(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    worker = lab.worker()
    upload = lab.received(order)
    for attempt in range(1, 4):
        upload.until_started("kernel", times=attempt)
        worker.kill_process_above(order.starts("kernel")[-1][1])
    run = upload.until_run("failed")
    assert run["error"].startswith("No result after 3 attempts: each time the worker died")
    assert [line.split(" ended")[0] for line in run["log"].splitlines()] == ["Attempt 1", "Attempt 2"]
    assert len(order.starts("kernel")) == 3
    assert worker.alive()


@pytest.fixture
def small_disk(lab: Lab) -> Iterator[Path]:
    """The site's files on a disk of 4 MiB."""
    files = lab.home / "files"
    files.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", files], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield files
    finally:
        subprocess.run(["umount", "--lazy", files], check=True)


def test_an_upload_to_a_full_disk_says_so_and_leaves_nothing(lab: Lab, small_disk: Path) -> None:
    order = lab.order()
    order.content += b"#" * (6 << 20)
    before = {table: _count(lab, table) for table in ("blob", "rawfile", "measurement", "filereading")}
    status, problem = lab.upload(order)
    assert status == 507, problem
    assert problem["detail"].startswith("order.fault was not stored. The server's disk is full.")
    assert {table: _count(lab, table) for table in before} == before
    assert [file for file in small_disk.rglob("*") if file.is_file()] == []
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    lab.worker()
    lab.received(order).is_done_once()


def test_results_for_a_full_disk_wait_and_are_stored_once_there_is_room(lab: Lab, small_disk: Path) -> None:
    lab.worker()
    upload = lab.received(lab.order(numbers=1_000_000))
    until(lambda: upload.run().get("progress", "").startswith("Waits"), "the run waits", upload.lab_said)
    waiting = upload.run()
    assert waiting["progress"] == "Waits to be tried again. The server's disk is full."
    assert waiting["log"].startswith("Attempt 1 on ")
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    upload.is_done_once()
    assert upload.run()["attempts"] > 1


def test_a_disk_that_stays_full_ends_the_run_with_words_and_it_can_be_retried(lab: Lab, small_disk: Path) -> None:
    lab.worker()
    upload = lab.received(lab.order(numbers=1_000_000))
    failed = upload.until_run("failed")
    assert failed["attempts"] == 3
    assert failed["error"] == (
        "Given up after 3 attempts. The server's disk is full. Once this is mended, it can be retried."
    )
    assert list(small_disk.glob("incoming/*")) == []
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert lab.request("POST", f"/api/v1/runs/{failed['id']}/retry/")[0] == 201
    until(lambda: upload.runs()[-1]["state"] == "succeeded", "the retry is done", upload.lab_said)
    assert len(lab.rows("SELECT id FROM analysis_tasks_result WHERE measurement_id = %s", upload.measurement)) == 1


def _count(lab: Lab, table: str) -> int:
    return len(lab.rows(f"SELECT 1 FROM measurements_{table}"))
