"""Workers that die, stall or meet each other over one job: every job is finished once, and its row tells the story."""

import signal

import pytest

from tests.reliability.lab import Lab, is_gone, until

pytestmark = [pytest.mark.services, pytest.mark.servers, pytest.mark.once]


@pytest.mark.parametrize("stage", ["read", "kernel"])
def test_a_worker_killed_in_the_middle_loses_nothing(lab: Lab, stage: str) -> None:
    order = lab.order(**{stage: "wait"})
    worker = lab.worker()
    upload = lab.received(order)
    child, server = upload.until_started(stage), order.starts(stage)[0][1]
    worker.kill()
    until(lambda: is_gone(child) and is_gone(server), "what the worker left behind is gone")
    order.let_go(stage)
    lab.worker()
    upload.is_done_once()
    job = upload.reading() if stage == "read" else upload.run()
    assert job["attempts"] == 2
    assert "Attempt 1 ended without a word" in job["log"]
    assert len(order.starts("kernel")) == (1 if stage == "read" else 2)


def test_a_process_of_a_worker_killed_for_its_memory_loses_nothing(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    worker = lab.worker()
    upload = lab.received(order)
    server = order.starts("kernel")[0][1] if upload.until_started("kernel") else 0
    worker.kill_process_above(server)
    until(lambda: is_gone(server), "what the process left behind is gone")
    order.let_go("kernel")
    upload.is_done_once()
    assert upload.run()["attempts"] == 2
    assert worker.alive()


@pytest.mark.parametrize(
    ("table", "job"), [("measurements_datasettable", "reading"), ("analysis_tasks_artifact", "run")]
)
def test_a_worker_killed_between_result_and_commit_leaves_no_half(lab: Lab, table: str, job: str) -> None:
    upload = None
    with lab.locked(table) as somebody_waits:
        worker = lab.worker()
        upload = lab.received(lab.order())
        until(somebody_waits, "the results are written but not committed", worker.said)
        worker.kill()
    lab.worker()
    upload.is_done_once()
    assert (upload.reading() if job == "reading" else upload.run())["attempts"] == 2


def test_two_workers_and_many_messages_for_one_run_compute_it_once(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    lab.worker()
    lab.new_worker()
    upload = lab.received(order)
    upload.until_started("kernel")
    again = (
        f"from analysis_tasks.tasks import execute_run; [execute_run.delay('{upload.run()['id']}') for _ in range(9)]"
    )
    lab.python(again)
    until(lambda: not lab.broker().llen("interactive"), "the copies of the message are taken")
    order.let_go("kernel")
    upload.is_done_once()
    lab.python(again)
    until(lambda: not lab.broker().llen("interactive"), "the late copies are taken, too")
    upload.is_done_once()
    assert len(order.starts("kernel")) == 1
    assert upload.run()["attempts"] == 1
    lab.no_worker()


def test_a_worker_that_was_thought_dead_writes_nothing(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    sleeper = lab.worker()
    upload = lab.received(order)
    upload.until_started("kernel")
    sleeper.send(signal.SIGSTOP)
    heir = lab.new_worker()
    upload.until_started("kernel", times=2)
    sleeper.send(signal.SIGCONT)
    until(lambda: is_gone(order.starts("kernel")[0][0]), "the sleeper wakes and stops its computation")
    assert upload.run()["state"] == "running"
    order.let_go("kernel")
    upload.is_done_once()
    assert upload.run()["attempts"] == 2
    assert heir.alive()
    sleeper.kill()


def test_a_cancelled_run_stops_soon_and_is_retried_as_a_new_one(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    lab.worker()
    upload = lab.received(order)
    child = upload.until_started("kernel")
    cancelled = upload.run()
    address = f"/api/v1/runs/{cancelled['id']}"
    assert lab.request("POST", f"{address}/retry/")[0] == 400
    assert lab.request("POST", f"{address}/cancel/", b'{"reason": "wrong file"}')[0] == 200
    until(lambda: is_gone(child), "the computation stops", seconds=10)
    assert upload.run()["error"] == "Cancelled by ada: wrong file"
    assert lab.request("POST", f"{address}/cancel/")[0] == 400
    order.let_go("kernel")
    status, again = lab.request("POST", f"{address}/retry/")
    assert status == 201, again
    assert again["id"] != cancelled["id"]  # a worker may hold it before the answer is out
    until(lambda: upload.runs()[-1]["state"] == "succeeded", "the retry is done", upload.lab_said)
    first, second = upload.runs()
    assert (first["id"], first["state"]) == (cancelled["id"], "cancelled")
    assert second["reason"].startswith(f"Retry of run {first['id']}, which was cancelled.")
    assert lab.rows("SELECT id FROM analysis_tasks_result WHERE run_id = %s", first["id"]) == []
    assert lab.rows(
        "SELECT DISTINCT run_id FROM analysis_tasks_result r WHERE measurement_id = %s", upload.measurement
    ) == [{"run_id": second["id"]}]


def test_what_a_person_waits_for_goes_first(lab: Lab) -> None:
    """The worker's only process is busy until all messages lie in both queues, so that nothing depends on its start."""
    lab.no_worker()
    lab.new_worker(COSINTER_WORKER_PROCESSES="1")
    busy = lab.order(kernel="wait")
    lab.received(busy).until_started("kernel")
    *later, first = [lab.received(lab.order()) for _ in range(5)]
    unsent = "UPDATE measurements_filereading SET sent_at = NULL, queue = %s WHERE file_id = %s RETURNING id"
    with lab.broker() as broker:
        broker.delete("interactive")
        for queue, upload in [*(("bulk", upload) for upload in later), ("interactive", first)]:
            lab.rows(unsent, queue, upload.file)
        lab.python("from measurements.tasks import sweep_readings; sweep_readings()")
        assert broker.llen("bulk") == len(later)
    busy.let_go("kernel")
    for upload in (first, *later):
        upload.is_done_once()
    assert first.reading()["started_at"] < min(upload.reading()["started_at"] for upload in later)
    lab.no_worker()


def test_a_paused_queue_waits_and_goes_on(lab: Lab) -> None:
    person = "from accounts.models import User; from core.queues import *; ada = User.objects.get(username='ada'); "
    lab.python(f"{person}pause_queue('interactive', actor=ada, reason='moving house')")
    worker = lab.worker()
    upload = lab.received(lab.order())
    until(lambda: "measurements.read_file" in worker.said(), "the worker gets the message", worker.said)
    until(lambda: not lab.broker().llen("interactive"), "the messages are taken")
    assert upload.reading()["state"] == "queued"
    assert upload.reading()["attempts"] == 0
    lab.python(f"{person}resume_queue('interactive', actor=ada)")
    upload.is_done_once()
