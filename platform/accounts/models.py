"""People, the projects they work in, and the tokens of their scripts."""

from __future__ import annotations

import zoneinfo
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.access import Role, ScopedQuerySet
from core.models import AUDITED, Identified, Record


def validate_time_zone(name: str) -> None:
    """Refuses a name that is not in the time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "%(name)r is not a time zone; names look like Europe/Berlin, Asia/Shanghai or UTC.", params={"name": name}
        )


class User(AbstractUser):
    """A person of the laboratory."""

    orcid = models.CharField(
        "ORCID",
        max_length=19,
        blank=True,
        validators=[RegexValidator(r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$", "An ORCID looks like 0000-0002-1825-0097.")],
    )

    time_zone = models.CharField(
        max_length=50,
        default="UTC",
        validators=[validate_time_zone],
        help_text="In which times are shown to this person; records keep UTC.",
    )
    notices_by_mail = models.BooleanField(
        "notices by e-mail",
        default=True,
        help_text="Failed runs and files that cannot be read are told by e-mail.",
    )

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined, misc]  # the stubs do not know it
        triggers = [AUDITED]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class RerunPolicy(models.TextChoices):
    """What happens to results that are stale."""

    AUTO = "auto", "compute again at once"
    ASK = "ask", "mark them and wait for somebody to say so"
    NEVER = "never", "leave them as they are"


class Project(Record):
    """Groups records and the people who may see or change them."""

    project_lookup: ClassVar[str] = "pk"

    slug = models.SlugField(max_length=50, unique=True, help_text="Short name used in addresses, such as assb-2026.")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    rerun_policy = models.CharField(
        "stale results",
        max_length=5,
        choices=RerunPolicy,
        default=RerunPolicy.AUTO,
        help_text="What happens when a value that an analysis read, or its code, changes.",
    )
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("project", args=[self.slug])


class Membership(Identified):
    """What one person may do in one project."""

    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once"),
        ]
        ordering = ["project", "user"]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(Identified):
    """A link by which one person joins a project, once. Only the hash of its key is stored."""

    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)
    email = models.EmailField("e-mail", blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return f"{self.email or 'somebody'} as {self.role}"

    @property
    def is_open(self) -> bool:
        """Whether somebody can still come by it."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class Scope(models.TextChoices):
    """What a token opens; never more than its person may do."""

    READ = "read", "read: looks at everything that you may see"
    WRITE = "write", "write: adds, changes and removes records"
    UPLOAD = "upload", "upload: sends files, and nothing else"


def every_scope() -> list[str]:
    """What a token opens unless somebody asks for less."""
    return list(Scope)


class Token(Identified):
    """A named key for a script. Only its hash is stored; the key itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=6, choices=Scope), default=every_scope)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "valid"
