"""`manage.py campaign`: computes stale analyses again in bulk: shows what it would do, starts, follows, stops it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Project, RerunPolicy, User
from analysis_tasks.models import Campaign
from analysis_tasks.selectors import progress_of, with_progress
from analysis_tasks.services import Selection, cancel_campaign, preview_campaign, samples_named, start_campaign
from core.audit import acting

_LISTED = 20


class Command(BaseCommand):
    """Shows what a campaign would do; starts it with `start`."""

    help = "Compute stale analyses again in bulk: preview, start, list, cancel."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds what to do and for which analyses."""
        doings = parser.add_subparsers(dest="do", required=True, metavar="DO")
        for name, words in (("preview", "show what would be computed"), ("start", "compute it")):
            doing = doings.add_parser(name, help=words)
            doing.add_argument("--by", required=True, metavar="USER", help="the editor or administrator who asks")
            doing.add_argument("--project", metavar="SLUG", help="of one project; all where it is left out")
            doing.add_argument("--kernel", default="", metavar="NAME", help="of one kernel")
            doing.add_argument("--kernel-version", default="", metavar="VERSION", help="whose current run it gave")
            doing.add_argument("--policy", default="", choices=RerunPolicy.values, help="of projects that do so")
            doing.add_argument("--sample", action="append", default=[], metavar="CODE", help="of samples or cells")
            if name == "start":
                doing.add_argument("--name", required=True, help="what the campaign is called")
                doing.add_argument("--reason", default="", help="why")
        doings.add_parser("list", help="show the newest campaigns and how far they have come")
        stop = doings.add_parser("cancel", help="stop a campaign; what is done stays")
        stop.add_argument("id", metavar="ID", help="as its address names it")
        stop.add_argument("--by", required=True, metavar="USER", help="the editor or administrator who stops it")
        stop.add_argument("--reason", default="", help="why")

    def handle(self, *, do: str, **options: Any) -> None:
        """Does it.

        Raises:
            CommandError: There is no such person, project, sample or campaign, or it is refused.
        """
        if do == "list":
            self._list()
            return
        with acting(actor=options["by"], door="command"):
            try:
                {"preview": self._preview, "start": self._start, "cancel": self._cancel}[do](options)
            except (PermissionDenied, ValidationError) as refusal:
                raise CommandError(" ".join(getattr(refusal, "messages", [str(refusal)]))) from refusal

    def _preview(self, options: dict[str, Any]) -> None:
        actor = _person(options["by"])
        preview = preview_campaign(_selection(options, actor), actor=actor)
        for line in preview.lines:
            then = line.refused or (f"reuses run {line.reuses.pk}" if line.reuses else "computed anew")
            self.stdout.write(f"{line.slot.measurement.sample}  {line.slot.kernel}: {line.why}; {then}")
        if preview.total > len(preview.lines):
            self.stdout.write(f"... and {preview.total - len(preview.lines)} more")
        self.stdout.write(
            f"{preview.total} stale; of {len(preview.lines)} looked at {preview.new} anew, {preview.reused} reused, "
            f"{preview.refused} refused"
        )

    def _start(self, options: dict[str, Any]) -> None:
        actor = _person(options["by"])
        selection = _selection(options, actor)
        campaign = start_campaign(selection, actor=actor, name=options["name"], reason=options["reason"])
        self.stdout.write(f"{campaign.pk}  {campaign.entries.count()} analyses")

    def _cancel(self, options: dict[str, Any]) -> None:
        campaign = Campaign.objects.filter(pk=options["id"]).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {options['id']}.")
        self.stdout.write(
            cancel_campaign(campaign, actor=_person(options["by"]), reason=options["reason"]).cancelled_because
        )

    def _list(self) -> None:
        for campaign in with_progress(Campaign.objects.select_related("project"))[:_LISTED]:
            progress = progress_of(campaign)
            where = campaign.project.slug if campaign.project else "all projects"
            self.stdout.write(
                f"{campaign.pk}  {progress.state:10}{progress.ended} of {progress.total}  {campaign} ({where})"
            )


def _person(name: str) -> User:
    person = User.objects.filter(username=name).first()
    if person is None:
        raise CommandError(f"There is no person {name}.")
    return person


def _selection(options: dict[str, Any], actor: User) -> Selection:
    project = None
    if options["project"]:
        project = Project.objects.visible_to(actor).filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']} that {actor} may see.")
    return Selection(
        project=project,
        kernel=options["kernel"],
        version=options["kernel_version"],
        policy=options["policy"],
        samples=samples_named(options["sample"], actor=actor, project=project),
    )
