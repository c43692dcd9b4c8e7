"""Log lines are one JSON object each where collectors read them, and routine is left out."""

import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from config.logs import logging_configuration


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    yield
    logging.config.dictConfig(settings.LOGGING)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_logger_writes_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logging_configuration(level="INFO", style="json"))
    logging.getLogger("measurements.tasks").info("%s is read", "cell.mpr")
    structlog.get_logger("pages").info("shown", cell="C-1")
    try:
        float("too short")
    except ValueError:
        logging.getLogger("analysis_tasks").exception("failed")
    first, second, third = lines(capsys)
    assert first | {"timestamp": ""} == {
        "event": "cell.mpr is read", "logger": "measurements.tasks", "level": "info", "timestamp": ""
    }  # fmt: skip
    assert (second["event"], second["cell"], second["logger"]) == ("shown", "C-1", "pages")
    assert "ValueError: could not convert string to float: 'too short'" in third["exception"]


def test_routine_is_left_out_and_faults_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logging_configuration(level="INFO", style="json"))
    requests = structlog.get_logger("django_structlog.middlewares.request")
    requests.info("request_started", request="GET /samples/")
    requests.info("request_finished", request="GET /samples/")
    requests.info("request_finished", request="GET /health/ready")
    requests.error("request_finished", request="GET /health/ready", code=503)
    logging.getLogger("django.request").error("Service Unavailable: %s", "/health/ready")
    requests.error("request_failed", request="GET /health/ready")
    logging.getLogger("celery.beat").info("Scheduler: Sending due task sweep-runs (analysis_tasks.sweep_runs)")
    logging.getLogger("celery.app.trace").info("Task analysis_tasks.sweep_runs[1] succeeded in 0.1s: None")
    logging.getLogger("celery.app.trace").info("Task analysis_tasks.execute_run[2] succeeded in 0.1s: None")
    logging.getLogger("celery.app.trace").error("Task analysis_tasks.sweep_runs[3] raised: ValueError()")
    assert [line["event"] for line in lines(capsys)] == [
        "request_finished",
        "request_failed",
        "Task analysis_tasks.execute_run[2] succeeded in 0.1s: None",
        "Task analysis_tasks.sweep_runs[3] raised: ValueError()",
    ]
