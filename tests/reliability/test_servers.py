"""Servers that die under the site: the broker, PostgreSQL, and the clock that all of them look at."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reliability.lab import LEASE, Lab, until

pytestmark = [pytest.mark.services, pytest.mark.servers, pytest.mark.once]
SHIFTED_CLOCK = Path(__file__).with_name("shifted_clock.c")
DAY = 86_400


def test_an_upload_while_the_broker_is_dead_is_taken_and_done_later(lab: Lab) -> None:
    lab.worker()
    lab.kill_broker()
    upload = lab.received(lab.order())
    assert (upload.reading()["state"], upload.reading()["sent_at"]) == ("queued", None)
    lab.valkey.acquire()
    upload.is_done_once()


def test_a_broker_that_loses_everything_is_filled_again_from_the_database(lab: Lab) -> None:
    lab.no_worker()
    uploads = [lab.received(lab.order()) for _ in range(3)]
    lab.broker().flushall()
    lab.worker()
    for upload in uploads:
        upload.is_done_once()


def test_a_broker_that_restarts_during_a_run_costs_no_result(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    lab.worker()
    upload = lab.received(order)
    upload.until_started("kernel")
    lab.kill_broker()
    lab.valkey.acquire()
    order.let_go("kernel")
    upload.is_done_once()
    assert len(order.starts("kernel")) == upload.run()["attempts"] <= 2
    after = lab.received(lab.order())
    after.is_done_once()


def test_postgres_that_crashes_during_a_run_costs_no_result(lab: Lab) -> None:
    order = lab.order(kernel="wait")
    lab.worker()
    upload = lab.received(order)
    upload.until_started("kernel")
    lab.stop_postgres()
    lab.postgres.acquire()
    order.let_go("kernel")
    upload.is_done_once()
    assert len(order.starts("kernel")) == upload.run()["attempts"] <= 2


def test_postgres_that_is_away_when_the_results_come_costs_no_result(lab: Lab) -> None:
    order = lab.order(read="wait")
    worker = lab.worker()
    upload = lab.received(order)
    upload.until_started("read")
    lab.stop_postgres()
    order.let_go("read")
    until(lambda: "the database is in trouble" in worker.said(), "the worker tries to store", worker.said)
    lab.postgres.acquire()
    upload.is_done_once()
    assert len(order.starts("read")) == upload.reading()["attempts"] <= 2


@pytest.fixture
def clock(lab: Lab) -> dict[str, str]:
    """Variables that make a part's clock wrong by the seconds that the file `shift` in the lab's home says."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to build the clock that can be set back")
    library = lab.home / "shifted_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SHIFTED_CLOCK, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SHIFTED_CLOCK_FILE": str(lab.home / "shift")}


def test_workers_whose_clocks_differ_by_days_respect_each_other_s_leases(lab: Lab, clock: dict[str, str]) -> None:
    lab.no_worker()
    (lab.home / "shift").write_text(str(-DAY))
    lab.new_worker(**clock)
    order = lab.order(kernel="wait")
    upload = lab.received(order)
    upload.until_started("kernel")
    (lab.home / "future").write_text(str(DAY))
    lab.new_worker(**clock | {"SHIFTED_CLOCK_FILE": str(lab.home / "future")})
    claimed = upload.run()["lease_until"]
    for _ in range(2):
        lab.python(
            "from analysis_tasks.tasks import sweep_runs, execute_run; sweep_runs(); "
            f"execute_run.delay('{upload.run()['id']}')",
            **clock | {"SHIFTED_CLOCK_FILE": str(lab.home / "future")},
        )
    until(lambda: (upload.run()["lease_until"] - claimed).total_seconds() > LEASE, "the lease was renewed")
    order.let_go("kernel")
    upload.is_done_once()
    assert len(order.starts("kernel")) == 1
    run = upload.run()
    assert 0 <= (run["finished_at"] - run["started_at"]).total_seconds() < 600
    lab.no_worker()


def test_a_clock_that_is_set_back_does_not_silence_the_sweeper(lab: Lab, clock: dict[str, str]) -> None:
    lab.no_worker()
    beat = lab.living("beat")
    assert beat is not None
    beat.kill()
    (lab.home / "shift").write_text("0")
    lab.broker().flushall()
    beat = lab.start("beat", **clock)
    until(lambda: lab.broker().llen("interactive") > 3, "the sweeper is called", beat.said)
    (lab.home / "shift").write_text(str(-DAY))
    upload = lab.received(lab.order())
    lab.broker().flushall()
    lab.worker()
    upload.is_done_once()
    beat.kill()
