"""A laboratory with one of everything in a closed project, and a browser for each role towards it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, TestCase

from accounts import writing
from accounts.models import Token
from accounts.services import create_token, invite
from analysis_tasks.models import Campaign
from comparisons.services import add_row, create_comparison, freeze, share
from custom.services import create_field
from exchange.spreadsheets.services import bring_sheet
from measurements.models import FileReading
from measurements.services import receive_file
from measurements.services.uploads import open_upload
from notes.models import Notice
from notes.services import add_comment, attach
from samples.models import Instrument, Protocol, Publication, Term
from search.models import SavedQuery
from tests import factories
from tests.measured_lab import cycling_file

ROLES = ("anonymous", "outsider", "stranger", "viewer", "editor", "owner", "admin")
"""An outsider may sign in and is a member of nothing; a stranger owns another project; all but outsiders are staff."""

SECRET = "unpublished"
_OWN_TABLES = frozenset({"django_session", "django_admin_log", "axes_accessattempt", "axes_accesslog"})


def build() -> SimpleNamespace:
    """The laboratory. Names in the closed project hold the word `unpublished`, in code, text and address."""
    project = factories.project()
    owner = factories.owner_of(project)
    cell = factories.cell(project, note=f"{SECRET} cell")
    composite = cell.layers.get(role="cathode").sample
    with TestCase.captureOnCommitCallbacks(execute=True):
        received = receive_file(actor=owner, subject=cell, name=f"{SECRET}.csv", chunks=[cycling_file()])
    reading = FileReading.objects.get(file=received.file)
    assert reading.state == "succeeded", reading.error
    comparison = create_comparison(actor=owner, project=project, slug=f"{SECRET}-table", title=f"{SECRET} table")
    row = add_row(comparison, actor=owner, cell=cell)
    dataset = received.measurement.datasets.get()
    run = received.measurement.runs.get(release__name="cycling.capacity")
    assert run.state == "succeeded", run.error
    people = people_of(project, owner)
    upload = open_upload(actor=owner, name=f"{SECRET}-too.csv", length=9, told={"cell": cell.code})
    rows = [b"code,kind\nSH-1,powder\n"]
    frozen = freeze(comparison, actor=owner, reason=f"{SECRET} submission")
    lab = SimpleNamespace(
        frozen=frozen,
        campaign=Campaign.objects.create(project=project, name=f"{SECRET} campaign", created_by=owner),
        share=share(comparison, actor=owner, name=f"{SECRET} referee")[0],
        saved_query=writing.create(
            SavedQuery(project=project, name=f"{SECRET} query", about="cells", text="cycle_count > 1"), actor=owner
        ),
        comment=add_comment(cell, actor=owner, text=f"{SECRET} remark"),
        attachment=attach(cell, actor=owner, name=f"{SECRET}.pdf", chunks=[f"%PDF {SECRET}".encode()])[0],
        project_field=create_field(
            actor=owner, project=project, on="sample", key="gap", label=f"{SECRET} gap", kind="number", unit="mm"
        ),
        invitation=invite(actor=owner, project=project, role="viewer")[0],
        notice=Notice.objects.create(user=owner, title=f"{SECRET} failed", cause=cell.pk, address="/runs/"),
        twin=factories.powder(project),
        twin_material=factories.material("NCM-622"),
        twin_term=Term.objects.create(vocabulary="morphology", label="MCG twin"),
        sheet=bring_sheet(actor=owner, kind="samples", name=f"{SECRET}-rows.csv", chunks=rows, project=project),
        project=project,
        people=people,
        cell=cell,
        sample=composite,
        process=composite.production.process,
        protocol=Protocol.objects.create(project=project, name=f"{SECRET} plan", revision=1),
        material=factories.material(),
        publication=Publication.objects.create(label="[45]", title="A paper"),
        instrument=Instrument.objects.create(name="Furnace 1", kind="furnace"),
        term=Term.objects.create(vocabulary="morphology", label="MCG"),
        measurement=received.measurement,
        file=received.file,
        reading=reading,
        dataset=dataset,
        table=dataset.tables.get(),
        run=run,
        result=run.results.first(),
        artifact=run.artifacts.get(name="cycles"),
        release=run.release,
        comparison=comparison,
        row=row,
        upload=upload,
        token=create_token(user=owner, name=f"{SECRET} script")[0],
        spare=writing.change(factories.powder(project), actor=owner, tags=[f"{SECRET} tag"]),
        member=factories.member(project, "viewer"),
    )
    lab.secrets = _secrets(lab)
    lab.browsers = {role: browser(person) for role, person in people.items()}
    return lab


def people_of(project: Any, owner: Any) -> dict[str, Any]:
    """Somebody of each role."""
    people = {
        "anonymous": None,
        "outsider": factories.user(),
        "stranger": factories.owner_of(factories.project()),
        "viewer": factories.member(project, "viewer"),
        "editor": factories.member(project, "editor"),
        "owner": owner,
        "admin": factories.admin(),
    }
    for role, person in people.items():
        if person is not None:
            person.is_staff = role != "outsider"
            person.save(update_fields=["is_staff"])
    return people


def browser(person: Any) -> Client:
    """A browser of that person, or of nobody."""
    client = Client(raise_request_exception=True)
    if person is not None and not isinstance(person, AnonymousUser):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _secrets(lab: SimpleNamespace) -> list[str]:
    """What must not stand in any answer to those who are no members."""
    closed = (
        lab.project, lab.cell, lab.sample, lab.process, lab.protocol, lab.measurement, lab.file, lab.reading,
        lab.dataset, lab.table, lab.run, lab.result, lab.artifact, lab.comparison, lab.row, lab.upload, lab.token,
        lab.spare, lab.frozen, lab.share, lab.saved_query, lab.sheet,
        lab.campaign, lab.comment, lab.attachment, lab.project_field, lab.invitation, lab.notice, lab.twin,
    )  # fmt: skip
    keys = [str(record.pk) for record in closed]
    return [SECRET, lab.cell.code, lab.sample.code, lab.spare.code, lab.project.slug, lab.project.name, *keys]


def writes() -> int:
    """How many rows this transaction has inserted, changed or deleted so far, sessions and last uses apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
            " WHERE NOT relname = ANY(%s)",
            [[*_OWN_TABLES, Token._meta.db_table]],
        )
        return int(cursor.fetchone()[0])
