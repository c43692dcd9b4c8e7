"""Labels: short addresses that hold the key, codes that a reader reads back, sheets, and who may follow them."""

import io
import re
from uuid import UUID

import matplotlib.image as mpl_image
import numpy as np
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from exchange.labels import LENGTH, SHEETS, key_of, short_code
from tests import factories, rest

ADDRESS = re.compile(r"/s/[2-9A-HJ-NP-Za-km-z]{22}/")


@given(st.uuids())
def test_a_short_code_gives_the_key_back(key):
    code = short_code(key)
    assert len(code) == LENGTH
    assert not set(code) & set("01OIl")
    assert key_of(code) == key


@pytest.mark.parametrize("text", ["", "x", "2" * 21, "2" * 23, "l" * 22, "z" * 22, "2" * 21 + "é"])
def test_what_is_no_code_is_none(text):
    assert key_of(text) is None
    assert key_of(short_code(UUID(int=0))) == UUID(int=0)


@pytest.mark.django_db
def test_the_code_holds_the_address_and_the_page_behind_it_is_guarded(client):
    project = factories.project()
    composite = factories.composite(project)
    expected = {"anonymous": 401, "stranger": 404, "viewer": 200, "editor": 200, "owner": 200, "admin": 200}
    for role, api in rest.cast_of(project).items():
        assert api.get(f"labels/{composite.pk}/").status_code == expected[role], role
    api = rest.client(factories.member(project, "viewer"))
    label = api.get(f"labels/{composite.pk}/").json()
    assert label["address"] == f"http://testserver/s/{label['short']}/"
    assert key_of(label["short"]) == composite.pk
    image = mpl_image.imread(io.BytesIO(api.get(f"labels/{composite.pk}/?format=png").content))
    drawn = image.reshape(*image.shape[:2], -1)[4::8, 4::8, 0] < 0.5
    asked = segno.make(label["address"], error="m", micro=False)
    assert np.array_equal(drawn[2:-2, 2:-2], np.array(asked.matrix, dtype=bool))
    assert api.get(f"labels/{composite.pk}/?format=svg").content.startswith(b"<?xml")
    rest.problem(api.get(f"labels/{composite.pk}/?format=pdf"), 400)
    rest.problem(api.get("labels/none/"), 404)

    page = f"/s/{label['short']}/"
    assert client.get(page).status_code == 302
    client.force_login(factories.user())
    assert client.get(page).status_code == 404
    assert client.get("/labels/", {"samples": composite.code, "sheet": "a4-3x8"}).status_code == 200
    assert composite.code not in client.get("/labels/", {"project": project.slug}).content.decode()
    client.force_login(factories.member(project, "viewer"))
    shown = client.get(page).content.decode()
    assert composite.code in shown
    assert "43 %" in shown
    assert "Upload a file" not in shown
    assert client.get("/s/nothing/").status_code == 404


@pytest.mark.django_db
def test_labels_fill_sheets(client):
    project = factories.project()
    powders = [factories.powder(project) for _ in range(5)]
    client.force_login(factories.member(project, "viewer"))
    for sheet in SHEETS.values():
        asked = {"project": project.slug, "sheet": sheet.key, "skip": sheet.places - 2}
        text = client.get("/labels/", asked).content.decode()
        assert text.count(f'class="labels labels--{sheet.key}"') == 2, sheet
        assert text.count('class="label"') == 5
        assert text.count("label--used") == sheet.places - 2
        assert text.count('class="segno"') == 5
    chosen = client.get("/labels/", {"samples": f"{powders[0].code}\nnone-1", "sheet": "a4-3x8"}).content.decode()
    assert chosen.count('class="label"') == 1
    assert "that you may see: none-1" in chosen
    assert 'style="' not in chosen
    client.force_login(factories.admin())
    keys = [str(powder.pk) for powder in powders[:2]]
    for kind in ("sample", "cell"):
        sent = client.post(f"/admin/samples/{kind}/", {"action": "print_labels", "_selected_action": keys})
        assert sent.status_code == 302
    answer = client.post("/admin/samples/sample/", {"action": "print_labels", "_selected_action": keys})
    assert client.get(answer.url).content.decode().count('class="label"') == 2
