"""Admin pages of people, projects with their members, and tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.access import OWNS, has_role
from accounts.models import Membership, Project, Scope, Token, User, every_scope
from accounts.services import (
    change_project,
    create_project,
    create_token,
    delete_project,
    remove_member,
    revoke_token,
    set_member,
)
from core.admin import RecordAdmin, RecordForm, RowForm, Rows, RowsInline, SiteAdmin, skin
from core.admin.show import chip, when
from core.admin.skin import ModelAdmin

admin.site.unregister(Group)  # roles in projects decide, not groups


class MembersInline(RowsInline):
    """Who may do what in a project."""

    model = Membership
    fields = ("user", "role")
    verbose_name_plural = "members"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only owners decide who is a member."""
        return obj is None or has_role(request.user, obj, OWNS)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Owners invite anybody who has an account."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_active=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Project)
class ProjectAdmin(RecordAdmin):
    """Projects and their members."""

    list_display = ("name", "slug", "member_count", "sample_count")
    search_fields = ("name", "slug", "description")
    fieldsets = ((None, {"fields": ("name", "slug", "description", "rerun_policy")}),)
    add_fieldsets = ((None, {"fields": ("name", "slug", "description")}),)
    inlines = (MembersInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With counts."""
        rows = super().get_queryset(request)
        return rows.annotate(members_=Count("memberships", distinct=True), samples_=Count("samples", distinct=True))

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Every staff member may begin a project, and owns it."""
        return self.has_module_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """How stale results are treated is decided once the project exists."""
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Members are chosen once the project exists and has its owner."""
        return self.inlines if obj is not None else ()

    @admin.display(description="members", ordering="members_")
    def member_count(self, project: Any) -> int:
        """How many people see it."""
        return int(project.members_)

    @admin.display(description="samples", ordering="samples_")
    def sample_count(self, project: Any) -> int:
        """How many samples belong to it, cells included."""
        return int(project.samples_)

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """A new project belongs to who makes it; members are set one by one by their service."""
        if not change:
            made = create_project(actor=request.user, **form.entered())
            form.instance.pk = made.pk
            return
        if form.changes():
            stored = self.stored(form)
            change_project(stored, actor=request.user, expected_version=form.expected_version, **form.changes())
        if "memberships" in rows and rows["memberships"].is_changed():
            self._set_members(request, self.stored(form), rows["memberships"].living())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners change the project itself."""
        return self.has_module_permission(request) if obj is None else has_role(request.user, obj, OWNS)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Only while it is empty."""
        delete_project(obj, actor=request.user)

    def _set_members(self, request: HttpRequest, project: Project, rows: list[RowForm]) -> None:
        wanted = {row.cleaned_data["user"]: row.cleaned_data["role"] for row in rows}
        if len(wanted) < len(rows):
            raise ValidationError({"memberships": "Somebody stands in the list twice."})
        try:
            # First those who stay or come, so that a new owner is there before the last one goes.
            for user, role in sorted(wanted.items(), key=lambda entry: entry[1] != "owner"):
                set_member(actor=request.user, project=project, user=user, role=role)
            for membership in project.memberships.exclude(user__in=wanted).select_related("user"):
                remove_member(actor=request.user, project=project, user=membership.user)
        except ValidationError as error:
            raise ValidationError({"memberships": error.messages}) from error


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new token: what it is for and how long it lives."""

    class Meta:
        model = Token
        fields = ("name", "scopes", "expires_at")

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=every_scope, widget=forms.CheckboxSelectMultiple, help_text="What it opens."
    )


@admin.register(Token)
class TokenAdmin(SiteAdmin):
    """Keys of scripts. A key is shown once, when it is made; afterwards only its hash is known."""

    empty_text = "A token lets a script do what you may do, without your password."
    form = TokenForm
    list_display = ("name", "user", "opens", "state", "created", "expires", "last_used")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "scopes", "expires_at")
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """One's own; administrators see all."""
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(user_id=request.user.pk)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One's own; administrators see all."""
        own = obj is None or request.user.is_superuser or obj.user_id == request.user.pk
        return self.has_module_permission(request) and own

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Everybody who may sign in."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is made and revoked, never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked token stays, so that one can see who had it."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """One's own."""
        return self.has_module_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Makes the token and remembers its key until the answer is written."""
        made, key = create_token(user=request.user, **form.cleaned_data)
        obj.pk, obj.user, obj.key = made.pk, made.user, key
        obj._state.adding = False

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page that shows the key, this once."""
        context = {**self.admin_site.each_context(request), "title": "Token made", "token": obj, "opts": self.opts}
        response = TemplateResponse(request, "admin/accounts/token/made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke the chosen tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        """Makes them useless from now on."""
        for token in queryset.filter(revoked_at=None):
            revoke_token(token)
        messages.success(request, "The tokens are revoked.")

    @admin.display(description="opens")
    def opens(self, token: Token) -> str:
        """Its scopes."""
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: Token) -> str:
        """Whether it opens anything."""
        return chip(token.state, "good" if token.state == "valid" else "mute")

    @admin.display(description="made", ordering="created_at")
    def created(self, token: Token) -> str:
        """When it was made."""
        return when(token.created_at)

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, token: Token) -> str:
        """When it ends by itself."""
        return when(token.expires_at) or "never"

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, token: Token) -> str:
        """When a script came with it."""
        return when(token.last_used_at) or "not yet"


@admin.register(User)
class PeopleAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Accounts; only administrators make and change them. What a person may do is told by the projects."""

    form = skin.UserChangeForm
    add_form = skin.UserCreationForm
    change_password_form = skin.AdminPasswordChangeForm
    list_display = ("username", "person", "email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "orcid", "time_zone", "notices_by_mail")}),
        ("Sign-in", {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    class Media:
        css = {"all": ["admin/cosinter/admin.css"]}

    @admin.display(description="name", ordering="last_name")
    def person(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is deleted: an account that is not active opens nothing, and its name stays in the history."""
        return False
