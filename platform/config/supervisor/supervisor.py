"""Keeps the parts of the site running until it is asked to stop, then stops them in order.

It restarts what ends, brings embedded servers back that died, and says once when the site is ready.
"""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from config.embedded.lease import EmbeddedServerError, LeasedServer
from config.supervisor.child import Child, say

_TICK_SECONDS = 0.2
_SERVER_CHECK_SECONDS = 5.0
_HEALTH_CHECK_SECONDS = 0.5
_COMPLAIN_EVERY_SECONDS = 15.0
NAME = "up"


@dataclass
class Health:
    """Asks the web server of this machine whether the site is ready.

    Attributes:
        address: Where it listens.
        port: On which port.
        host: A host name that it answers to.
    """

    address: str
    port: int
    host: str

    def problems(self) -> dict[str, str]:
        """What is missing, by the name of the check; empty if the site is ready."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready", headers={"Host": self.host})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return {"web": f"does not answer yet ({type(error).__name__})"}
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.OK:
            return {}
        try:
            return dict(json.loads(body)["problems"])
        except (ValueError, KeyError, TypeError):
            return {"web": f"answers with status {answer.status}"}


@dataclass
class Supervisor:
    """Runs children until a signal arrives.

    Attributes:
        children: In the order in which they start; they stop in reverse.
        servers: Embedded servers, on which this process holds leases.
        health: Tells when the site is ready.
        when_ready: Called once, when it is for the first time.
        when_finished: Called with each child that was meant to end and did so without fault.
    """

    children: Sequence[Child]
    servers: Sequence[LeasedServer]
    health: Health
    when_ready: Callable[[], None]
    when_finished: Callable[[Child], None]
    _signals: int = field(default=0, init=False)
    _ready: bool = field(default=False, init=False)
    _finished: set[str] = field(default_factory=set, init=False)
    _next_server_check: float = field(default=0.0, init=False)
    _next_health_check: float = field(default=0.0, init=False)
    _next_complaint: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Starts everything and returns when everything has stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        try:
            for child in self.children:
                child.start()
            self._next_complaint = time.monotonic() + _COMPLAIN_EVERY_SECONDS
            while not self._signals:
                self._tick(time.monotonic())
                time.sleep(_TICK_SECONDS)
        finally:
            say(NAME, "stopping")
            for child in reversed(self.children):
                child.stop()

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:  # asked twice: no more patience
            for child in self.children:
                child.grace_seconds = 0.0
                child.kill()

    def _tick(self, now: float) -> None:
        for child in self.children:
            if child.once:
                self._look_after_single_run(child)
            else:
                child.restart_when_due()
        if now >= self._next_server_check:
            self._next_server_check = now + _SERVER_CHECK_SECONDS
            self._bring_servers_back()
        if not self._ready and now >= self._next_health_check:
            self._next_health_check = now + _HEALTH_CHECK_SECONDS
            self._look_at_health(now)

    def _look_after_single_run(self, child: Child) -> None:
        code = child.exit_code()
        if code is None or child.name in self._finished:
            return
        if code == 0:
            self._finished.add(child.name)
            self.when_finished(child)
        else:
            child.restart_when_due()

    def _bring_servers_back(self) -> None:
        for server in self.servers:
            try:
                server.acquire()
            except EmbeddedServerError as error:
                say(NAME, str(error))

    def _look_at_health(self, now: float) -> None:
        problems = self.health.problems()
        if not problems:
            self._ready = True
            self.when_ready()
        elif now >= self._next_complaint:
            self._next_complaint = now + _COMPLAIN_EVERY_SECONDS
            say(NAME, "not ready yet: " + "; ".join(f"{name}: {why}" for name, why in problems.items()))
