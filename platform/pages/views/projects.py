"""Projects: the list, and one with its people, what it holds and lacks, its tags, its fields and its settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.access import EDITS, OWNS, Role, has_role
from accounts.models import Membership, Project, RerunPolicy
from core.records import StaleVersionError
from custom.models import ProjectField
from custom.selectors import tags_in
from custom.services import remove_tag, rename_tag
from pages.errors import show_in
from pages.listing import said_of
from pages.people_forms import InviteForm, invitation_made
from pages.selectors.incomplete import gaps
from pages.selectors.projects import counts_of, listed_projects


class ProjectForm(forms.Form):
    """What a project is, and how its stale results are treated."""

    name = forms.CharField(label="Name", max_length=200)
    description = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    rerun_policy = forms.ChoiceField(
        label="Stale results",
        choices=RerunPolicy.choices,
        help_text="What happens when a value that an analysis read, or its code, changes.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class NewProjectForm(forms.Form):
    """A project that somebody begins."""

    name = forms.CharField(label="Name", max_length=200)
    slug = forms.SlugField(label="Address", max_length=50, help_text="Letters, digits and hyphens, such as assb-2026.")
    description = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 2}))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects that a person may see; everybody may begin another one."""
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(services.create_project(actor=request.user, **form.cleaned_data))
        except ValidationError as refusal:
            show_in(form, refusal)
    context = {"projects": listed_projects(request.user), "form": form}
    return render(request, "pages/projects.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One project; its owners change it here."""
    project = _project(request, slug)
    owns = has_role(request.user, project, OWNS)
    start = {name: getattr(project, name) for name in ("name", "description", "rerun_policy", "version")}
    form = ProjectForm(request.POST or None, initial=start) if owns else None
    if request.method == "POST" and form is not None and form.is_valid() and _stored(request, project, form):
        return redirect(project)
    context = {
        "project": project,
        "owns": owns,
        "can_edit": has_role(request.user, project, EDITS),
        "form": form,
        "counts": counts_of(project),
        "gaps": gaps(request.user, project=project)[:20],
        "members": project.memberships.select_related("user").order_by("user__username"),
        "invitations": [row for row in project.invitations.select_related("created_by") if row.is_open] if owns else [],
        "invite": InviteForm() if owns else None,
        "roles": Role.choices,
        "tags": sorted(tags_in(project).items(), key=lambda entry: (-entry[1], entry[0].casefold())),
        "fields": ProjectField.objects.filter(project=project),
    }
    return render(request, "pages/project.html", context, status=422 if form is not None and form.errors else 200)


def _stored(request: HttpRequest, project: Project, form: ProjectForm) -> bool:
    asked = dict(form.cleaned_data)
    version = asked.pop("version")
    try:
        services.change_project(project, actor=request.user, expected_version=version, **asked)
    except ValidationError as refusal:
        show_in(form, refusal)
    except StaleVersionError:
        form.add_error(None, "Somebody changed this project meanwhile. Look at it again, then save yours once more.")
        typed: Any = form.data
        form.data = {**typed.dict(), "version": Project.objects.values_list("version", flat=True).get(pk=project.pk)}
    else:
        messages.success(request, "Saved.")
        return True
    return False


@login_required
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a link by which one person joins; it is shown this once."""
    project = _project(request, slug)
    form = InviteForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nobody was invited. {said_of(form)}")
        return redirect(f"{project.get_absolute_url()}#members")
    invitation, key = services.invite(actor=request.user, project=project, **form.cleaned_data)
    return invitation_made(request, invitation, key)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Makes a link useless."""
    project = _project(request, slug)
    invitation = get_object_or_404(project.invitations, pk=pk)
    try:
        services.revoke_invitation(invitation, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, "The link does not work any more.")
    return redirect(f"{project.get_absolute_url()}#members")


@login_required
@require_POST
def set_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes what a member may do, or ends the membership."""
    project = _project(request, slug)
    membership = get_object_or_404(
        Membership.objects.select_related("user"), project=project, user__username=request.POST.get("user", "")[:150]
    )
    role = request.POST.get("role", "")
    try:
        if role == "none":
            services.remove_member(actor=request.user, project=project, user=membership.user)
            messages.success(request, f"{membership.user} is not a member any more.")
        elif role in Role.values:
            services.set_member(actor=request.user, project=project, user=membership.user, role=role)
            messages.success(request, f"{membership.user} is now {role}.")
        else:
            messages.error(request, "Choose what the person may do.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    if not has_role(request.user, project, Role.values):
        return redirect("projects")
    return redirect(f"{project.get_absolute_url()}#members")


@login_required
@require_POST
def tags(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes a tag in another way, or takes it off all records."""
    project = _project(request, slug)
    tag, new = request.POST.get("tag", "")[:100], request.POST.get("new", "")[:100].strip()
    try:
        if new:
            count = rename_tag(actor=request.user, project=project, old=tag, new=new)
        else:
            count = remove_tag(actor=request.user, project=project, tag=tag)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, f"{count} record{'' if count == 1 else 's'} changed.")
    return redirect(f"{project.get_absolute_url()}#tags")


def _project(request: HttpRequest, slug: str) -> Project:
    project: Project = get_object_or_404(Project.objects.visible_to(request.user), slug=slug)
    return project
