"""A real Chromium for tests, without any network: `open_page` gives pages of a person in a given look.

Tests skip, with the reason, where there is no Chromium. What a page writes to its console as an error, and every
violation of the Content-Security-Policy, is collected; `assert_clean` fails with them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOKS: dict[str, dict[str, Any]] = {
    "desktop-light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "desktop-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
_COLLECT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
"""


@dataclass
class Opened:
    """A page with what went wrong on it."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        """Opens a path of the site and waits until its scripts have run and its data have come."""
        self.page.goto(self.address + path, wait_until="networkidle")
        return self.page

    def assert_clean(self) -> None:
        """No errors on the console, no violation of the policy, nothing wider than the window."""
        assert not self.problems, (self.page.url, self.problems)
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{self.page.url} is {width} pixels wider than the window"

    def barriers(self, *but: str) -> list[str]:
        """What axe finds serious for people with a screen reader, a keyboard or weak eyes, certain rules left out."""
        rules = {rule: {"enabled": False} for rule in but}
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
        return [
            f"{self.page.url}: {entry['id']} ({entry['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
            for entry in found
            if entry["impact"] in {"serious", "critical"}
            for node in entry["nodes"][:3]
        ]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM to its path to run the browser tests")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in the tests' own thread
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Opened]]:
    """Makes a page in one of `LOOKS`, signed in as the person that is given."""
    contexts = []

    def _open(look: str = "desktop-light", user: Any = None) -> Opened:
        context = chromium.new_context(**LOOKS[look])
        contexts.append(context)
        context.add_init_script(_COLLECT_VIOLATIONS)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        opened = Opened(context.new_page(), live_server.url)
        opened.page.on("console", lambda m: opened.problems.append(m.text) if m.type == "error" else None)
        opened.page.on("pageerror", lambda error: opened.problems.append(str(error)))
        return opened

    yield _open
    for context in contexts:
        context.close()


@pytest.fixture
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: the folder SCREENSHOTS names, else a temporary one."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Path(folder)
    return tmp_path_factory.mktemp("screenshots")
