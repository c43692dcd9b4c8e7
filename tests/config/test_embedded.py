"""The embedded servers' whole life: start, join, kill, race, and every kind of home."""

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import broker_url
from config.embedded.account import can_be_reached
from config.embedded.lease import LONGEST_SOCKET_PATH, EmbeddedServerError
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
ACQUIRE = """
import sys
from pathlib import Path
import psycopg
from config.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.acquire()
with psycopg.connect(server.url("owner")) as connection:
    print(connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()[0], flush=True)
sys.stdin.read()
server.release()
"""


def rows(server: EmbeddedPostgres) -> list[tuple]:
    with psycopg.connect(server.url("owner")) as connection:
        return connection.execute("SELECT word FROM kept").fetchall()


def keep_a_row(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url("owner")) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('committed')")


def server_process(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_postgres_keeps_its_data_and_stops_with_its_last_user(home: Path) -> None:
    first, second = EmbeddedPostgres(home / "postgres"), EmbeddedPostgres(home / "postgres")
    address = first.url("app")
    first.acquire()
    keep_a_row(first)
    second.acquire()
    assert second.url("app") == address
    assert first.release() is False
    assert second.is_up()
    assert second.release() is True
    assert not second.is_up()

    first.acquire()
    assert rows(first) == [("committed",)]
    assert first.release() is True


def test_postgres_lets_in_by_password_and_socket_only(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres", durable=False)
    server.acquire()
    try:
        assert stat.S_IMODE((server.folder / "passwords.json").stat().st_mode) == 0o600
        with psycopg.connect(server.url("app")) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)
        wrong = server.url("app").replace(json.loads((server.folder / "passwords.json").read_text())["app"], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        with (
            psycopg.connect(server.url("app"), autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema public"),
        ):
            connection.execute("CREATE TABLE mine (word text)")
    finally:
        server.release()


def test_committed_rows_survive_kill_9(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres")
    server.acquire()
    keep_a_row(server)
    os.kill(server_process(server), signal.SIGKILL)

    began = time.monotonic()
    server.acquire()
    assert rows(server) == [("committed",)]
    assert time.monotonic() - began < 20
    server.release()


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "platform")}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", ACQUIRE, str(home / "postgres")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert all(racer.stdout for racer in racers)
    identifiers = [racer.stdout.readline().strip() for racer in racers if racer.stdout]
    for racer in racers:
        racer.communicate()
    assert identifiers[0]
    assert identifiers[0] == identifiers[1]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert not EmbeddedPostgres(home / "postgres").is_up()


def test_an_interrupted_first_start_is_repaired(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres", durable=False)
    (server.folder / "data.new" / "base").mkdir(parents=True)
    (server.folder / "data.new" / "PG_VERSION").write_text("18\n")
    server.acquire()
    assert server.is_up()
    server.release()


def test_a_server_without_its_database_is_completed(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres", durable=False)
    server.acquire()
    with server._connect() as connection:
        connection.execute("DROP DATABASE cosinter")
    assert not server.is_up()
    server.acquire()
    keep_a_row(server)
    server.release()


def test_a_killed_client_does_not_keep_the_server_running(home: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "platform")}
    command = [sys.executable, "-c", ACQUIRE, str(home / "postgres")]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        assert client.stdout.readline().strip()
        client.kill()
    server = EmbeddedPostgres(home / "postgres")
    assert server.is_up()
    server.acquire()
    assert server.release() is True
    assert not server.is_up()


def test_a_home_with_a_long_name_gets_its_socket_below_tmp(home: Path) -> None:
    server = EmbeddedPostgres(home / ("long" * 20) / "postgres", durable=False)
    assert len(str(server.folder)) > LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432")
    server.acquire()
    assert server.is_up()
    assert server.sockets.parent != server.folder
    server.release()
    server.sockets.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server another account")
def test_a_home_that_only_root_can_reach_keeps_its_data_elsewhere(home: Path) -> None:
    home.chmod(0o700)
    server = EmbeddedPostgres(home / "postgres", durable=False)
    try:
        server.acquire()
        assert server.is_up()
        assert (home / "postgres" / "moved-to").read_text() == str(server.folder)
        assert EmbeddedPostgres(home / "postgres").folder == server.folder
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        server.release()
    finally:
        shutil.rmtree(server.folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="a test that is not run by root shows this by running")
def test_someone_who_is_not_root_runs_the_server_as_themselves(home: Path) -> None:
    packages = sysconfig.get_path("purelib")
    if not can_be_reached(Path(sys.executable)) or not can_be_reached(Path(packages)):
        pytest.skip("this Python lies where only root can reach it")
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    done = subprocess.run(
        [sys.executable, "-c", ACQUIRE, str(home / "postgres")],
        env={"PYTHONPATH": f"{ROOT / 'platform'}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().isdecimal()
    assert (home / "postgres" / "data").stat().st_uid == nobody.pw_uid


def test_missing_programs_are_named(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerError, match=r"no programs of PostgreSQL 9 .* set COSINTER_PG_BIN"):
        server.acquire()


def test_valkey_keeps_messages_through_kill_9(home: Path) -> None:
    server = EmbeddedValkey(home / "valkey")
    server.acquire()
    with redis.Redis.from_url(server.url()) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.lpush("queue", "message")
        client.waitaof(1, 0, 5000)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    server.acquire()
    with redis.Redis.from_url(server.url()) as client:
        assert client.lrange("queue", 0, -1) == [b"message"]
    assert stat.S_IMODE((home / "valkey").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "valkey" / "valkey.conf").stat().st_mode) == 0o600
    assert server.release() is True
    assert not server.is_up()


def test_the_broker_of_the_environment_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://:secret@broker.example:6380/2")
    assert broker_url() == "rediss://:secret@broker.example:6380/2"
    monkeypatch.setenv("REDIS_URL", "unix://:secret@/run/redis.sock?db=3")
    assert broker_url() == "redis+socket://:secret@/run/redis.sock?virtual_host=3"
