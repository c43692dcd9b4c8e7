"""Using the admin as a browser does: open a page, change some of its form's fields, send all of them back."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse


class FormReader(HTMLParser):
    """Collects what a browser would send of a page's forms, and the texts of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.texts: list[str] = []
        self._select: str | None = None
        self._textarea: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name")
        if tag in {"script", "style", "template"}:
            self._silent += 1
        if tag == "input" and name and found.get("type") not in {"submit", "file", "button", "radio"}:
            if found.get("type") != "checkbox" or "checked" in found:
                self.fields[name] = found.get("value") or ("on" if found.get("type") == "checkbox" else "")
        elif tag == "select" and name:
            self._select = name
            self.fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in found:
            self.fields[self._select] = found.get("value") or ""
        elif tag == "textarea" and name:
            self._textarea = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag in {"script", "style", "template"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data.removeprefix("\n") if not self.fields[self._textarea] else data
        elif not self._silent and not self._select:
            self.texts.append(data)


class Page:
    """A page of the admin as one person sees it."""

    def __init__(self, client: Client, address: str, response: Any = None) -> None:
        self.client, self.address = client, address
        self.response = response if response is not None else client.get(address)
        reader = FormReader()
        if self.response.get("Content-Type", "").startswith("text/html"):
            reader.feed(self.response.content.decode())
        skip = ("q", "csrfmiddlewaretoken", "_selected_action", "action", "select_across")
        self.fields = {name: value for name, value in reader.fields.items() if name not in skip}
        self.text = " ".join(" ".join(reader.texts).split())

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by field, lists' fields as `inputs-0-sample`."""
        context = self.response.context
        form = context["adminform"].form
        found = {name: [str(e) for e in errors] for name, errors in form.errors.items()}
        for inline in context["inline_admin_formsets"]:
            formset = inline.formset
            if formset.non_form_errors():
                found[formset.prefix] = [str(error) for error in formset.non_form_errors()]
            for row in formset.forms:
                found |= {row.add_prefix(n): [str(e) for e in es] for n, es in row.errors.items()}
        return found

    def send(self, **changes: Any) -> Page:
        """Sends the form with these fields changed and follows to where it leads."""
        data = {n: v for n, v in {**self.fields, **changes}.items() if v is not None and "__prefix__" not in n}
        answer = self.client.post(self.address, data, follow=True)
        address = answer.redirect_chain[-1][0] if answer.redirect_chain else self.address
        return Page(self.client, address, answer)

    def rows(self, prefix: str, rows: list[dict[str, Any]], start: int | None = None) -> dict[str, Any]:
        """Fields of rows of a list, after those that are there."""
        first = int(self.fields.get(f"{prefix}-TOTAL_FORMS", 0)) if start is None else start
        made = {f"{prefix}-{first + i}-{name}": value for i, row in enumerate(rows) for name, value in row.items()}
        total = max(int(self.fields.get(f"{prefix}-TOTAL_FORMS", 0)), first + len(rows))
        return {**made, f"{prefix}-TOTAL_FORMS": str(total)}


def browser(person: Any) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def add_page(client: Client, model: str, query: str = "") -> Page:
    """The page of a new record of `app_model`."""
    return Page(client, reverse(f"admin:{model}_add") + query)


def change_page(client: Client, record: Any) -> Page:
    """The page of a record."""
    meta = record._meta
    return Page(client, reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk]))


def list_page(client: Client, model: str, query: str = "") -> Page:
    """The list of records of `app_model`."""
    return Page(client, reverse(f"admin:{model}_changelist") + query)
