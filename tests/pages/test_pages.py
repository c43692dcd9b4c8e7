"""What the pages say: facts, synthesis, numbers with their origin, warnings; and what they let a person do."""

import csv
import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from analysis_tasks.models import AnalysisRun
from measurements.models import FileReading, Measurement, RawFile
from tests import factories
from tests.measured_lab import cycling_file
from tests.pages.conftest import NAMELESS_TABLE, PICTURE


def main(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0]


def words(answer, status=200):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main(answer, status)))


def test_sign_in_leads_to_where_one_wanted(lab, sign_in):
    client = sign_in()
    form = client.get("/sign-in/?next=/cells/")
    assert 'autocomplete="current-password"' in form.content.decode()
    wrong = client.post("/sign-in/", {"username": lab.viewer.username, "password": "no", "next": "/cells/"})
    assert f'value="{lab.viewer.username}"' in main(wrong)
    right = client.post("/sign-in/", {"username": lab.viewer.username, "password": "password", "next": "/cells/"})
    assert right.url == "/cells/"
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/cells/").status_code == 302


def test_home_tells_what_failed_and_what_is_incomplete(lab, sign_in, receive):
    massless = factories.cell(lab.project, active_mass=None)
    receive(lab.owner, massless, "picture.mpr", PICTURE)
    receive(lab.owner, massless, "export.csv", NAMELESS_TABLE)
    text = words(sign_in(lab.viewer).get("/"))
    assert "Nothing is running." in text
    assert "picture.mpr: this is a PNG image" in text
    assert "Name its columns and units, then it is read." in text
    assert massless.code in text.split("Incomplete cells")[1].split("New samples")[0]


def test_home_shows_what_runs_and_asks_again_until_it_ends(lab, sign_in):
    waiting = FileReading.objects.create(file=lab.file)
    client = sign_in(lab.viewer)
    assert 'hx-trigger="every 2s"' in client.get("/work/").content.decode()
    FileReading.objects.filter(pk=waiting.pk).update(state="failed", error="No.", finished_at="2026-01-01T00:00Z")
    assert "hx-trigger" not in client.get("/work/").content.decode()


def test_a_cells_page_looks_again_until_its_files_are_analysed(lab, sign_in):
    waiting = FileReading.objects.create(file=lab.file)
    client = sign_in(lab.viewer)
    address = lab.cell.get_absolute_url()
    assert 'hx-trigger="uploaded from:body, every 3s"' in main(client.get(address))
    FileReading.objects.filter(pk=waiting.pk).update(state="failed", error="No.", finished_at="2026-01-01T00:00Z")
    Measurement.objects.filter(pk=lab.measurement.pk).update(created_at="2026-01-01T00:00Z")
    assert 'hx-trigger="uploaded from:body"' in main(client.get(address))


def test_the_sample_page_tells_the_synthesis(lab, sign_in):
    page = main(sign_in(lab.viewer).get(lab.composite.get_absolute_url()))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "co-sintering 43:35:22 by weight" in text
    for percent in ("43 %", "35 %", "22 %"):
        assert percent in text
    assert "700 °C for 1 h" in text
    assert f'href="{lab.cell.get_absolute_url()}"' in page, "forward to the cell"
    for row in lab.composite.production.process.inputs.all():
        assert f'href="{row.sample.get_absolute_url()}"' in page, "back to what went in"


def test_a_sample_of_a_closed_project_is_counted_but_not_named(lab, sign_in):
    from samples.models import Sample
    from samples.services import InputSpec, OutputSpec, create_process

    secret = factories.powder(factories.project(), "LBO")
    admin = factories.admin()
    product = Sample(code="MIX-1", kind="mixture")
    inputs = [InputSpec(sample=secret), InputSpec(sample=lab.composite)]
    create_process(actor=admin, project=lab.project, kind="mixing", inputs=inputs, outputs=[OutputSpec(product)])
    text = words(sign_in(lab.viewer).get(product.get_absolute_url()))
    assert "and 1 of projects that are closed to you" in text
    assert secret.code not in text


def test_a_cells_sample_address_leads_to_the_cell(lab, sign_in):
    answer = sign_in(lab.viewer).get(f"/samples/{lab.project.slug}/{lab.cell.code}/")
    assert answer.url == lab.cell.get_absolute_url() == f"/cells/{lab.project.slug}/{lab.cell.code}/"


def test_the_process_page_draws_the_thermal_program(lab, sign_in):
    page = main(sign_in(lab.viewer).get(lab.composite.production.process.get_absolute_url()))
    assert 'aria-label="Thermal program: 700 degC, 1 h"' in page
    assert "700 °C</text>" in page
    assert "not recorded" in page, "the ramp rate is not invented"


def test_the_cell_page_warns_past_the_theoretical_capacity(lab, sign_in, receive):
    light = factories.cell(lab.project, active_mass="0.5 mg")
    receive(lab.owner, light, "too-much.csv", cycling_file())
    text = words(sign_in(lab.viewer).get(light.get_absolute_url()))
    assert "theoretical" in text
    assert "600 mAh/g" in text, "0.03 mA for 10 h over 0.5 mg"


def test_the_cell_page_says_when_the_mass_is_missing_and_takes_it(lab, sign_in, receive):
    cell = factories.cell(lab.project, active_mass=None)
    receive(lab.owner, cell, "no-mass.csv", cycling_file(cycles=3))
    client = sign_in(lab.editor)
    before = words(client.get(cell.get_absolute_url()))
    assert "No active mass: mAh/g cannot be computed." in before
    assert "0.3 mAh" in before
    wrong = client.post(cell.get_absolute_url(), {"seen_version": cell.version, "active_mass": "700 kg m"})
    assert 'value="700 kg m"' in main(wrong, 422), "what was typed is kept"
    negative = words(client.post(cell.get_absolute_url(), {"seen_version": cell.version, "active_mass": "-2 mg"}), 422)
    assert "is below 0 mg, which cannot be" in negative
    right = client.post(cell.get_absolute_url(), {"seen_version": cell.version, "active_mass": "2.0 mg"})
    assert right.url == cell.get_absolute_url()
    cell.refresh_from_db()
    assert cell.active_mass == 2.0


def seen(page):
    """What a page's form carries of what it showed."""
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen_version", "seen_values")}


def test_two_people_who_change_a_cell_lose_nothing(lab, sign_in):
    """Both see the same page; the first changes the mass and its uncertainty, the second the mass and the area."""
    address, second = lab.cell.get_absolute_url(), sign_in(lab.editor)
    shown = seen(main(second.get(address)))
    untouched = {"active_mass": "2.10 mg", "active_mass_uncertainty": "", "electrode_area": "0.785 cm^2"}
    theirs = untouched | {"active_mass": "2.2 mg", "active_mass_uncertainty": "0.05 mg"}
    assert sign_in(lab.owner).post(address, shown | theirs).status_code == 302
    yours = untouched | {"active_mass": "2.5 mg", "electrode_area": "0.5 cm^2"}
    page = main(second.post(address, shown | yours), 422)
    assert f"{lab.owner} changed this record meanwhile" in page
    table = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.split('id="merge"')[1].split("</table>")[0]))
    assert "Active mass 2.5 mg 2.2 mg Take theirs" in table
    assert "Electrode area 0.5 cm^2 0.785 cm² Take theirs" in table or "Electrode area 0.5 cm^2 0.785 cm^2" in table
    assert "uncertainty" not in table, "nobody has to decide what only one of them changed"
    assert 'value="2.5 mg"' in page
    assert 'value="0.05 mg"' in page
    lab.cell.refresh_from_db()
    assert (lab.cell.active_mass, lab.cell.electrode_area) == (2.2, 0.785)
    merged = theirs | {"active_mass": "2.5 mg", "electrode_area": "0.5 cm^2"}
    page = main(second.post(address, seen(page) | merged | {"take": "active_mass"}), 422)
    assert 'value="2.2 mg"' in page
    merged["active_mass"] = "2.2 mg"
    assert second.post(address, seen(page) | merged).status_code == 302
    lab.cell.refresh_from_db()
    now = (lab.cell.active_mass, lab.cell.active_mass_uncertainty, lab.cell.electrode_area)
    assert now == (2.2, 0.05, 0.5)


def test_the_measurement_page_shows_files_results_and_cycles(lab, sign_in):
    client = sign_in(lab.viewer)
    page = main(client.get(lab.measurement.get_absolute_url()))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "Read by bdf_csv" in text
    assert "columns are named as in the Battery Data Format" in text
    assert "Initial discharge capacity" in text
    assert "142.9" in text, "0.03 mA for 10 h over 2.10 mg"
    assert "hx-trigger" not in page, "nothing runs, nothing is asked again"
    cycles = json.loads(client.get(reverse("run-cycles", args=[lab.run.pk])).content)
    assert cycles["left"] == "Capacity / mAh/g"
    assert cycles["series"][1]["values"] == pytest.approx([300 / 2.1] * 2, rel=1e-6)
    table = lab.measurement.datasets.get().tables.get()
    curve = json.loads(client.get(reverse("curve", args=[lab.measurement.pk, table.pk])).content)
    assert curve["x"]["label"] == "Time / h"
    assert curve["series"][1]["values"][0] == pytest.approx(0.03)


def test_the_measurement_page_asks_again_while_a_reading_waits(lab, sign_in):
    FileReading.objects.create(file=lab.file)
    page = main(sign_in(lab.viewer).get(lab.measurement.get_absolute_url()))
    assert f'hx-get="{reverse("measurement-live", args=[lab.measurement.pk])}" hx-trigger="every 1s"' in page


def test_a_table_without_names_is_mapped_and_read(lab, sign_in, receive, django_capture_on_commit_callbacks):
    received = receive(lab.owner, lab.composite, "export.csv", NAMELESS_TABLE)
    client, file_map = sign_in(lab.editor), reverse("file-map", args=[received.file.pk])
    page = words(client.get(received.measurement.get_absolute_url()))
    assert "Nothing is guessed" in page
    entries = {"term_0": "test_time_second", "unit_0": "h", "term_1": "voltage_volt", "unit_1": "V"}
    without_sign = client.post(file_map, {**entries, "term_2": "current_ampere", "unit_2": ""})
    again = main(without_sign, 422)
    assert "Give its unit in the file, such as A." in again
    assert "Say which direction of the current is positive" in again
    assert '<option value="voltage_volt" selected>' in again, "what was chosen is kept"
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(
            file_map,
            {**entries, "term_2": "current_ampere", "unit_2": "mA", "current_sign": "charge-positive"},
        )
    assert sent.url == received.measurement.get_absolute_url()
    dataset = received.file.datasets.get()
    described = {column["name"]: column for column in dataset.tables.get().columns}
    assert described["test_time_second"]["last"] == 3 * 3600
    assert described["current_ampere"]["first"] == pytest.approx(1.5e-3)


def test_the_run_page_tells_where_every_parameter_was_read(lab, sign_in):
    page = main(sign_in(lab.viewer).get(lab.run.get_absolute_url()))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert f"2.100 mg active mass of {lab.cell.code}" in text or f"2.1 mg active mass of {lab.cell.code}" in text
    assert "180 mA/g rate of" in text.replace("mAh/g", "mA/g"), "the 1C convention comes from the test's rate"
    assert lab.file.blob_id in text
    assert lab.run.release.fingerprint in text
    assert lab.run.output_sha256 in text
    assert lab.run.worker in text


def test_a_changed_record_shows_beside_the_value_that_was_used(lab, sign_in):
    client = sign_in(lab.editor)
    client.post(lab.cell.get_absolute_url(), {"seen_version": lab.cell.version, "active_mass": "2.4 mg"})
    text = words(client.get(lab.run.get_absolute_url()))
    assert "Out of date: active mass was 2.1 and is 2.4" in text
    assert "now 2.4" in text


def test_analysing_again_with_another_mass_keeps_both_runs(lab, sign_in, django_capture_on_commit_callbacks):
    client, again = sign_in(lab.editor), reverse("run-again", args=[lab.run.pk])
    wrong = main(client.post(again, {"active_mass": "3 volts", "one_c": "170 mAh/g"}), 422)
    assert "3 volts" in wrong
    assert 'value="170 mAh/g"' in wrong, "what was typed is kept"
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(again, {"active_mass": "0.003 g"})
    run = AnalysisRun.objects.exclude(pk=lab.run.pk).get(release__name="cycling.capacity")
    assert sent.url == run.get_absolute_url()
    assert run.state == "succeeded"
    assert run.results.get(quantity="initial_discharge_capacity").value == pytest.approx(100.0)
    assert "set for this run" in words(client.get(run.get_absolute_url()))


def test_analysing_again_with_nothing_changed_verifies(lab, sign_in, django_capture_on_commit_callbacks):
    client = sign_in(lab.editor)
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(reverse("run-again", args=[lab.run.pk]), {})
    assert "Its output is identical, bit for bit." in words(client.get(sent.url))
    assert "identical" in words(client.get(lab.run.get_absolute_url()))


def test_the_per_cycle_table_downloads_in_full_precision(lab, sign_in):
    answer = sign_in(lab.viewer).get(reverse("run-table", args=[lab.run.pk, "cycles"]))
    first = next(csv.DictReader(io.StringIO(answer.content.decode())))
    assert float(first["Discharge capacity / mAh/g"]) == pytest.approx(300 / 2.1, rel=1e-9)


def test_a_file_downloads_byte_for_byte_and_never_inline(lab, sign_in):
    answer = sign_in(lab.viewer).get(lab.file.get_absolute_url())
    assert b"".join(answer.streaming_content) == cycling_file()
    assert answer["Content-Disposition"] == 'attachment; filename="cell-1.csv"'
    assert answer["Content-Type"] == "application/octet-stream"


def send(client, subject, name, content, **fields):
    data = {"subject": subject, "file": SimpleUploadedFile(name, content), **fields}
    return client.post(reverse("upload-file"), data, headers={"accept": "application/json"})


def test_an_upload_is_read_and_known_the_second_time(lab, sign_in, django_capture_on_commit_callbacks):
    client, subject = sign_in(lab.editor), f"{lab.project.slug}/{lab.cell.code.lower()}"
    with django_capture_on_commit_callbacks(execute=True):
        first = send(client, subject, "second.csv", cycling_file(cycles=4), temperature="RT", rate="0.1 mA")
    assert first.status_code == 201
    report = client.get(first.json()["status"]).json()
    assert report["finished"]
    assert report["state"] == "succeeded"
    assert "Recognised as Battery Data Format" in report["sentence"]
    again = send(client, subject, "second.csv", cycling_file(cycles=4))
    assert again.status_code == 200
    assert again.json()["url"] == first.json()["url"]
    assert "was here already" in again.json()["sentence"]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"subject": "nowhere/NOTHING"}, "subject", "There is no sample or cell nowhere/NOTHING"),
        ({"temperature": "700 kg"}, "temperature", "700 kg"),
        ({"rate": "quickly"}, "rate", "is not a current"),
    ],
)
def test_a_refused_upload_says_why_at_the_field_and_stores_nothing(lab, sign_in, fields, field, sentence):
    given = {"subject": f"{lab.project.slug}/{lab.cell.code}"} | fields
    before = RawFile.objects.count()
    answer = send(sign_in(lab.editor), given.pop("subject"), "x.csv", cycling_file(cycles=3), **given)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.json()["errors"][field])
    assert RawFile.objects.count() == before


def test_an_empty_upload_is_refused(lab, sign_in):
    answer = send(sign_in(lab.editor), f"{lab.project.slug}/{lab.cell.code}", "empty.csv", b"")
    assert answer.status_code == 422
    assert "empty" in " ".join(answer.json()["errors"]["file"])


def test_a_plain_form_without_script_uploads_too(lab, sign_in):
    data = {
        "subject": f"{lab.project.slug}/{lab.composite.code}",
        "file": SimpleUploadedFile("plain.csv", cycling_file()),
    }
    answer = sign_in(lab.editor).post(reverse("upload-file"), data, headers={"accept": "text/html,*/*"})
    assert answer.url == RawFile.objects.get(name="plain.csv").measurement.get_absolute_url()


def test_the_upload_proposes_the_sample_whose_code_is_in_the_files_name(lab, sign_in):
    client = sign_in(lab.editor)
    told = client.get(reverse("upload-subjects"), {"name": f"2026-11_{lab.cell.code}_C03.mpr"}).json()
    assert told["proposed"] == f"{lab.project.slug}/{lab.cell.code}"
    assert client.get(reverse("upload-subjects"), {"name": "run7.mpr"}).json()["proposed"] == ""
    typed = client.get(reverse("upload-subjects"), {"q": f"{lab.project.slug}/{lab.composite.code[:4]}"}).json()
    assert f"{lab.project.slug}/{lab.composite.code}" in [entry["value"] for entry in typed["subjects"]]


def test_every_number_of_a_comparison_leads_to_its_origin(lab, sign_in):
    page = main(sign_in(lab.viewer).get("/comparisons/my-cells/"))
    assert f'href="{lab.run.get_absolute_url()}"' in page
    assert ">142.9<" in page
    assert "computed from a file" in page
    assert "NCM622+LLZTO+LBO/LLZTO/Li" in page


def test_from_a_number_in_a_comparison_to_its_bytes_in_one_click(lab, sign_in):
    page = sign_in(lab.viewer).get(lab.comparison.get_absolute_url()).content.decode()
    address = reverse("run-bytes", args=[lab.run.pk])
    assert f'href="{address}"' in page
    sent = sign_in(lab.viewer).get(address, follow=True)
    assert b"".join(sent.streaming_content) == cycling_file()
    assert sign_in(lab.stranger).get(address).status_code == 404
    assert sign_in().get(address).status_code == 302


def test_a_cell_is_found_added_and_taken_out(lab, sign_in):
    second = factories.cell(lab.project)
    client = sign_in(lab.editor)
    found = client.get(reverse("comparison-find", args=["my-cells"]), {"find": second.code}).content.decode()
    assert second.code in found
    client.post(reverse("comparison-add", args=["my-cells"]), {"record": str(second.pk)})
    page = words(client.get("/comparisons/my-cells/"))
    assert f"{second.code} was added." in page
    assert "This cell has no test with results yet." in page
    client.post(reverse("comparison-add", args=["my-cells"]), {"record": str(second.pk)})
    assert "stands in this comparison already" in words(client.get("/comparisons/my-cells/"))
    row = lab.comparison.rows.get(subject=second)
    client.post(reverse("comparison-note", args=["my-cells"]), {"row": str(row.pk), "note": " pressed twice "})
    page = words(client.get("/comparisons/my-cells/"))
    assert f"The note stands at {second.code}." in page
    assert "pressed twice" in page
    client.post(reverse("comparison-note", args=["my-cells"]), {"row": str(row.pk), "note": ""})
    row.refresh_from_db()
    assert row.note == ""
    client.post(reverse("comparison-remove", args=["my-cells"]), {"row": str(row.pk)})
    assert lab.comparison.rows.count() == 1


def test_a_comparison_is_copied_and_a_taken_address_said_at_its_field(lab, sign_in):
    client, copy = sign_in(lab.editor), reverse("comparison-copy", args=["my-cells"])
    given = {"title": "Mine", "slug": "my-cells", "project": lab.project.slug}
    taken = main(client.post(copy, given), 422)
    assert 'value="Mine"' in taken
    assert 'id="id_slug_error"' in taken
    made = client.post(copy, {**given, "slug": "mine"})
    assert made.url == "/comparisons/mine/"
    assert ">142.9<" in main(client.get(made.url))


def test_the_comparisons_csv_names_the_origins(lab, sign_in):
    body = sign_in(lab.viewer).get(reverse("comparison-export", args=["my-cells", "csv"])).content.decode()
    assert "run: cycling.capacity" in body


def test_search_leads_to_an_exact_code_and_lists_the_rest(lab, sign_in):
    client = sign_in(lab.viewer)
    assert client.get("/search/", {"q": lab.cell.code.lower()}).url == lab.cell.get_absolute_url()
    text = words(client.get("/search/", {"q": "LLZTO"}))
    assert "Materials" in text
    assert "Samples" in text
    assert "cell-1.csv" in words(client.get("/search/", {"q": "cell-1"}))


@pytest.mark.parametrize("address", ["/samples/", "/cells/", "/measurements/"])
def test_lists_are_filtered_by_their_address(lab, sign_in, address):
    client = sign_in(lab.viewer)
    nothing = re.compile(r"No (sample|cell|measurement) (matches|yet)\.")
    assert nothing.search(words(client.get(address, {"q": "no-such-code"})))
    assert not nothing.search(words(client.get(address, {"project": lab.project.slug})))
    assert client.get(address, {"project": "nonsense", "kind": "nonsense", "page": "x"}).status_code == 200


def test_materials_and_publications_show_what_stands_on_them(lab, sign_in):
    from accounts import writing
    from analysis_tasks.services import report_value
    from samples.models import Publication

    paper = writing.create(Publication(label="[7]", title="A paper"), actor=lab.owner)
    report_value(
        actor=lab.owner,
        subject=lab.cell,
        quantity_key="initial_discharge_capacity",
        text="138.8",
        publication=paper,
        locator="Table S1, row 5",
        qualifiers={"branch": "not stated"},
    )
    client = sign_in(lab.viewer)
    assert "[7]" in words(client.get("/publications/"))
    told = words(client.get(paper.get_absolute_url()))
    assert "Initial discharge capacity 138.8 mAh/g Table S1, row 5" in told
    material = words(client.get("/materials/NCM622/"))
    assert lab.cell.code in material
    assert "276.5 mAh/g" in words(client.get("/materials/"))
    stranger = sign_in(lab.stranger)
    assert lab.cell.code not in words(stranger.get(paper.get_absolute_url()))
    assert lab.cell.code not in words(stranger.get("/materials/NCM622/"))
