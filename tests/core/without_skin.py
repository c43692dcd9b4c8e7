"""A program: opens the admin on a site where its skin is not installed, and prints what each page answered, as JSON.

    python tests/core/without_skin.py DATABASE

It works in the test database that it is given and takes back all it made.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]


def main(database: str) -> None:
    """Sets the site up without the skin, fills it and opens every list, every new page and the pages of records."""
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    import django
    from django.conf import settings

    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if not app.startswith("unfold")]
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from django.db import transaction

    with transaction.atomic():
        told = pages()
        transaction.set_rollback(True)
    sys.stdout.write(json.dumps(told))


def pages() -> dict[str, list[object]]:
    """Status of each page, and whether it is in Django's own clothes with this site's parts."""
    from django.contrib import admin
    from django.urls import reverse

    from tests import factories
    from tests.admin_pages import browser

    client = browser(factories.admin())
    cell = factories.cell(factories.project())
    records = [cell, cell.layers.first().sample, cell.production.process, cell.layers.first().sample.production.process]
    addresses = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        addresses += [reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_add")]
    for record in records:
        name = f"admin:{record._meta.app_label}_{record._meta.model_name}"
        addresses += [reverse(f"{name}_change", args=[record.pk]), f"{reverse(f'{name}_add')}?copy_of={record.pk}"]
    told: dict[str, list[object]] = {}
    for address in addresses:
        answer = client.get(address)
        text = answer.content.decode()
        told[address] = [answer.status_code, "unfold" in text, "co-panel" in text, "copy_of=" in text]
    return told


if __name__ == "__main__":
    main(sys.argv[1])
