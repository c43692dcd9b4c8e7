"""The clock of periodic tasks: it does not go on calling where nobody listens."""

from uuid import uuid4

import pytest
import redis

from config.beat import MOST_WAITING, SteadyScheduler
from config.celery import app

pytestmark = pytest.mark.servers


def test_a_long_queue_gets_no_further_call(broker, tmp_path):
    queue = f"test-{uuid4().hex}"
    scheduler = SteadyScheduler(app=app, lazy=True, schedule_filename=str(tmp_path / "schedule"))
    entry = scheduler.Entry(name="x", task="nobody.knows", schedule=1.0, options={"queue": queue}, app=app)
    with redis.Redis.from_url(broker) as client:
        eager, app.conf.task_always_eager = app.conf.task_always_eager, False  # it is about the messages themselves
        try:
            client.rpush(queue, *["waiting"] * (MOST_WAITING - 1))
            for _ in range(3):
                scheduler.apply_entry(entry)
            assert client.llen(queue) == MOST_WAITING
            client.lpop(queue)
            scheduler.apply_entry(entry)
            assert client.llen(queue) == MOST_WAITING
        finally:
            app.conf.task_always_eager = eager
            client.delete(queue)
            client.srem("_kombu.binding." + queue, *client.smembers("_kombu.binding." + queue) or ["none"])
