"""Deleting what the laboratory shares names nothing of the projects that are closed to the person."""

import pytest
from django.urls import reverse

from tests import factories
from tests.admin_pages import browser

pytestmark = pytest.mark.django_db


def test_the_admin_names_nothing_of_closed_projects():
    project, closed = factories.project(), factories.project()
    factories.powder(project, "LATP")
    hidden = factories.powder(closed, "LATP")
    person = browser(factories.owner_of(project))
    asked = {"action": "delete_selected", "_selected_action": [str(hidden.material_id)]}
    page = person.post(reverse("admin:samples_material_changelist"), asked, follow=True)
    assert page.status_code == 200
    assert hidden.code not in page.content.decode()
    alone = person.get(reverse("admin:samples_material_delete", args=[hidden.material_id]), follow=True)
    assert hidden.code not in alone.content.decode()
