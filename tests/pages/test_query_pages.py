"""The query box of lists and of the search page: what is found, what was understood, what is wrong and where."""

import pytest

from pages import listing
from search.models import SavedQuery
from tests.pages.test_pages import main, words

GOOD = "material:LLZTO and initial_discharge_capacity > 0.1 Ah/g and origin:run"


@pytest.mark.parametrize("address", ["/samples/", "/cells/", "/measurements/"])
def test_lists_take_queries_and_show_what_was_understood(lab, sign_in, address):
    client = sign_in(lab.viewer)
    answer = words(client.get(address, {"q": "thickness < 1 mm or temperature between 353 K and 354 K"}))
    assert "Found by: thickness &lt; 1000 µm or temperature between 79.85 °C and 80.85 °C" in answer
    if address != "/samples/":
        assert lab.cell.code in answer
    assert lab.cell.code not in words(sign_in(lab.stranger).get(address, {"q": "material:LLZTO"}))


def test_a_fault_is_marked_in_its_place_and_nothing_is_shown_as_found(lab, sign_in):
    text = main(sign_in(lab.viewer).get("/cells/", {"q": "active_mass > 3 degC"}), 422)
    assert "a mass such as 2.10 mg or 0.0021 g is needed" in text
    assert "active_mass &gt; <mark>3 degC</mark>\n              ^^^^^^</pre>" in text
    assert "No cell matches." in text


def test_search_finds_records_by_their_values_and_things_by_their_names(lab, sign_in):
    client = sign_in(lab.viewer)
    answer = words(client.get("/search/", {"q": GOOD}))
    assert lab.cell.code in answer
    assert "Initial discharge capacity &gt; 100 mAh/g" in answer
    assert "Files" not in answer
    process = words(client.get("/search/", {"q": "process:co-sintering"}))
    assert "co-sintering" in process
    assert "did you mean material" in words(client.get("/search/", {"q": "materal:x"}), 422)
    assert lab.cell.code not in words(sign_in(lab.stranger).get("/search/", {"q": GOOD}))


def test_long_lists_are_not_counted_to_the_last_row(lab, sign_in, monkeypatch):
    client = sign_in(lab.viewer)
    assert "1–3 of 3 " in words(client.get("/samples/?q=kind:powder"))
    monkeypatch.setattr(listing, "MOST_COUNTED", 2)
    assert "1–2 of more than 2 " in words(client.get("/samples/?q=kind:powder"))


def test_a_query_is_kept_under_a_name_and_found_again(lab, sign_in):
    client = sign_in(lab.editor)
    assert "Keep this query" in words(client.get("/cells/", {"q": GOOD}))
    asked = {"name": "Good cells", "project": lab.project.slug, "about": "cells", "text": GOOD}
    kept = client.post("/queries/keep/", asked)
    assert kept.url.startswith("/cells/?q=material%3ALLZTO")
    assert "Kept as Good cells" in words(client.get(kept.url))
    assert SavedQuery.objects.get().text == GOOD
    assert "Good cells" in words(sign_in(lab.viewer).get("/cells/"))
    assert "Good cells" in words(sign_in(lab.viewer).get("/search/"))
    assert "Good cells" not in words(sign_in(lab.stranger).get("/cells/"))
    assert "has a query of this name already" in words(client.get(client.post("/queries/keep/", asked).url))
    refused = sign_in(lab.viewer).post("/queries/keep/", {**asked, "name": "Mine"})
    assert refused.status_code == 302
    assert SavedQuery.objects.count() == 1
