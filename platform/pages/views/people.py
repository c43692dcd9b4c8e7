"""People: the list for administrators, coming by an invitation, choosing a password, one's own settings."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import mail, services
from accounts.models import Membership, User
from accounts.services.people import InvitationOverError
from core.addresses import public_address
from pages.errors import show_in
from pages.people_forms import JoinForm, show_link

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_required
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, for administrators."""
    _administrators_only(request)
    memberships = Membership.objects.select_related("project").order_by("project__name")
    people = User.objects.prefetch_related(Prefetch("memberships", memberships)).order_by("-is_active", "username")
    return render(request, "pages/people.html", {"people": people})


@login_required
@require_POST
def change_person(request: HttpRequest, username: str) -> HttpResponse:
    """Closes an account, opens it again, or makes a link to a new password."""
    _administrators_only(request)
    person = get_object_or_404(User, username=username)
    do = request.POST.get("do")
    try:
        if do == "password":
            return _password_link(request, person)
        if do == "close":
            services.deactivate(person, actor=request.user)
            messages.success(request, f"The account of {person} is closed. What they did stays under their name.")
        elif do == "open":
            services.reactivate(person, actor=request.user)
            messages.success(request, f"The account of {person} is open again.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("people")


def _password_link(request: HttpRequest, person: User) -> HttpResponse:
    uid, token = services.password_link(person, actor=request.user)
    link = public_address(reverse("password-new", args=[uid, token]), request)
    text = f"At this address you choose a new password for Cosinter (user name {person.username}):\n\n{link}\n"
    sent = mail.send(person.email, "A new password", text)
    return show_link(
        request,
        title=f"New password for {person}",
        link=link,
        sent_to=person.email if sent else "",
        note="It works once, for three days. The old password works until then.",
        back=reverse("people"),
    )


class NewPassword(auth.PasswordResetConfirmView):
    """Chooses a password by a link that an administrator gave."""

    template_name = "pages/new_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Stores it."""
        messages.success(self.request, "Your password is changed. Sign in with it.")
        return super().form_valid(form)


class ChangePassword(auth.PasswordChangeView):
    """Chooses another password, knowing the present one."""

    template_name = "pages/new_password.html"
    success_url = reverse_lazy("settings")
    extra_context = {"validlink": True}

    def form_valid(self, form: Any) -> HttpResponse:
        """Stores it."""
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, key: str) -> HttpResponse:
    """Comes by an invitation: as the person who is signed in, or with a new account."""
    try:
        invitation = services.living_invitation(key)
        signed_in = request.user.is_authenticated
        form = JoinForm(request.POST or None) if not signed_in else None
        if request.method == "POST" and (form is None or form.is_valid()):
            person = _joined(request, key, form)
            if person is not None:
                messages.success(request, f"Welcome to {invitation.project}.")
                return redirect(invitation.project)
    except InvitationOverError as over:
        return render(request, "pages/join.html", {"over": str(over)}, status=410)
    context = {"invitation": invitation, "form": form}
    answer = render(request, "pages/join.html", context, status=422 if form is not None and form.errors else 200)
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _joined(request: HttpRequest, key: str, form: JoinForm | None) -> User | None:
    if form is None:
        return services.accept_invitation(key, user=request.user)
    asked = dict(form.cleaned_data)
    del asked["again"]
    try:
        person = services.accept_invitation(key, **asked)
    except ValidationError as refusal:
        show_in(form, refusal)
        return None
    login(request, person, backend=_BACKEND)
    return person


class SettingsForm(forms.Form):
    """In which zone times are shown, and where notices go."""

    email = forms.EmailField(label="E-mail", required=False)
    notices_by_mail = forms.BooleanField(
        label="Notices by e-mail",
        required=False,
        help_text="When a run fails or a file cannot be read; at most one message in ten minutes.",
    )
    time_zone = forms.ChoiceField(label="Time zone", help_text="Records keep UTC, and the text that a file states.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    """What a person chooses for themselves."""
    person: Any = request.user
    form = SettingsForm(request.POST or None, initial={name: getattr(person, name) for name in services.OWN_SETTINGS})
    if request.method == "POST" and form.is_valid():
        services.choose_settings(person, **form.cleaned_data)
        messages.success(request, f"Saved. Times are shown in {person.time_zone}.")
        return redirect("settings")
    context = {
        "form": form,
        "memberships": person.memberships.select_related("project"),
        "has_mail": mail.is_configured(),
    }
    return render(request, "pages/settings.html", context, status=422 if form.errors else 200)


def _administrators_only(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied(
            "Only administrators see everybody's accounts; owners see the members of their projects."
        )
