"""Processes: fractions add to one, each sample has one producer, the graph has no circle, nothing is half-written."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from samples.models import Process, ProcessInput, ProcessOutput, Sample
from samples.selectors import ancestor_ids, composition_of, descendant_ids
from samples.services import InputSpec, OutputSpec, ThermalStepSpec, change_process, create_process
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(project):
    return factories.owner_of(project)


def derive(project, source, code):
    sample = Sample(code=code, kind="other")
    create_process(
        actor=factories.owner_of(project),
        project=project,
        kind="other",
        inputs=[InputSpec(sample=source, role="precursor")],
        outputs=[OutputSpec(sample)],
    )
    return sample


def test_the_composite_of_the_paper(project):
    product = factories.composite(project)
    process = product.production.process
    assert [entry.weight_fraction for entry in process.inputs.all()] == pytest.approx([0.43, 0.35, 0.22])
    step = process.thermal_steps.get()
    assert (step.target, step.dwell) == (700, 1)
    assert [(p.material.name, p.fraction) for p in composition_of(product)] == [
        ("NCM622", pytest.approx(0.43)),
        ("LLZTO", pytest.approx(0.35)),
        ("LBO", pytest.approx(0.22)),
    ]


def test_fractions_multiply_along_the_lineage(project, actor):
    first = factories.composite(project, "50:30:20")
    blend = Sample(code="BLEND", kind="mixture")
    create_process(
        actor=actor,
        project=project,
        kind="mixing",
        ratio="80:20",
        inputs=[InputSpec(sample=first), InputSpec(material=factories.material("LBO"))],
        outputs=[OutputSpec(blend)],
    )
    parts = {part.material.name: part.fraction for part in composition_of(blend)}
    assert parts == pytest.approx({"NCM622": 0.4, "LLZTO": 0.24, "LBO": 0.16 + 0.2})


@pytest.mark.parametrize(
    ("ratio", "message"),
    [
        ("43%:35%:25%", "103"),
        ("43:35", "2 parts, but there are 3 components"),
        ("43:x:22", "43:x:22"),
        ("43:0:22", "43:0:22"),
    ],
)
def test_a_wrong_ratio_is_refused_and_nothing_is_written(project, ratio, message):
    with pytest.raises(ValidationError, match=message):
        factories.composite(project, ratio)
    assert not Process.objects.exists()
    assert not Sample.objects.filter(kind="composite_cathode").exists()


def test_given_fractions_must_add_to_one(project, actor):
    with pytest.raises(ValidationError, match="add to 103 %"):
        create_process(
            actor=actor,
            project=project,
            kind="mixing",
            inputs=[
                InputSpec(material=factories.material("NCM622"), weight_fraction=0.68),
                InputSpec(material=factories.material("LBO"), weight_fraction=0.35),
            ],
        )


def test_the_database_itself_refuses_fractions_that_do_not_add_to_one(project):
    entry = factories.composite(project).production.process.inputs.first()
    with pytest.raises(IntegrityError, match="weight fractions"), transaction.atomic():
        ProcessInput.objects.filter(pk=entry.pk).update(weight_fraction=0.6)
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_sample_has_one_producer(project, actor):
    product = factories.composite(project)
    with pytest.raises(ValidationError, match="made by another process already"):
        create_process(actor=actor, project=project, kind="other", outputs=[OutputSpec(product)])


def test_no_sample_is_its_own_ancestor(project, actor):
    first = factories.powder(project)
    last = derive(project, derive(project, first, "B"), "C")
    with pytest.raises(IntegrityError, match="own ancestor"), transaction.atomic():
        create_process(
            actor=actor,
            project=project,
            kind="other",
            inputs=[InputSpec(sample=last, role="precursor")],
            outputs=[OutputSpec(first)],
        )
    assert not hasattr(Sample.objects.get(pk=first.pk), "production")


@pytest.mark.django_db(transaction=True)
@pytest.mark.servers
def test_two_crossing_transactions_cannot_close_a_circle(project):
    """A and B, each made from the other by two people at the same moment: one of them is refused."""
    a, b = factories.powder(project), factories.powder(project, "LBO")
    make_a = Process.objects.create(project=project, kind="other")
    make_b = Process.objects.create(project=project, kind="other")
    ProcessOutput.objects.create(process=make_a, sample=a)
    ProcessOutput.objects.create(process=make_b, sample=b)
    barrier, failures = threading.Barrier(2), []

    def write(process, source):
        try:
            with transaction.atomic():
                barrier.wait(10)
                ProcessInput.objects.create(process=process, sample=source, role="precursor")
        except IntegrityError as error:
            failures.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=pair) for pair in ((make_a, b), (make_b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(failures) == 1
    assert "own ancestor" in failures[0]


def test_lineage_both_ways_visits_diamonds_once(project, actor):
    source = factories.powder(project)
    left, right = derive(project, source, "L"), derive(project, source, "R")
    bottom = Sample(code="BOTTOM", kind="mixture")
    create_process(
        actor=actor,
        project=project,
        kind="mixing",
        inputs=[InputSpec(sample=left), InputSpec(sample=right)],
        outputs=[OutputSpec(bottom)],
    )
    assert ancestor_ids([bottom.pk]) == {source.pk, left.pk, right.pk}
    assert descendant_ids([source.pk]) == {left.pk, right.pk, bottom.pk}


def test_simulated_is_inherited(project):
    source = factories.powder(project)
    Sample.objects.filter(pk=source.pk).update(simulated=True)
    source.refresh_from_db()
    assert derive(project, source, "CHILD").simulated


def test_a_viewer_records_nothing(project):
    viewer = factories.member(project, "viewer")
    with pytest.raises(PermissionDenied, match="not an editor"):
        create_process(actor=viewer, project=project, kind="mixing")


def test_a_wrong_temperature_leaves_nothing_behind(project, actor):
    with pytest.raises(ValidationError, match="700 kg"):
        create_process(
            actor=actor,
            project=project,
            kind="sintering",
            outputs=[OutputSpec(Sample(code="NEW", kind="sintered_body"))],
            thermal_steps=[ThermalStepSpec(target="700 kg")],
        )
    assert not Process.objects.exists()
    assert not Sample.objects.exists()


def test_changing_the_ratio_changes_the_fractions(project, actor):
    process = factories.composite(project).production.process
    change_process(process, actor=actor, expected_version=process.version, ratio="45:40:15")
    assert [entry.weight_fraction for entry in process.inputs.all()] == pytest.approx([0.45, 0.40, 0.15])
