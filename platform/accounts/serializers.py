"""JSON of projects, their members and the tokens of scripts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.access import Role
from accounts.models import Invitation, Project, Scope, Token, User
from accounts.selectors import colleagues_of
from core.asked import AskedSerializer, OfferedField
from core.serializers import RECORD_FIELDS, RecordSerializer, ReferenceField


class ProjectField(ReferenceField):
    """A project, by id or short name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Project.objects.all, "project", "slug", **kwargs)


_NOBODY: dict[str, Any] = {"does_not_exist": "Nobody here has the user name {value}; check it, or invite the person."}


class UserField(serializers.SlugRelatedField[Any]):
    """A person whom one may name in a record, by user name."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", User.objects.filter(is_active=True))
        super().__init__(slug_field="username", **kwargs)

    def get_queryset(self) -> Any:
        """Colleagues: oneself and the members of one's projects."""
        request = self.context.get("request")
        return colleagues_of(request.user) if request else super().get_queryset()


class MembershipSerializer(AskedSerializer):
    """Who may do what in a project."""

    user = serializers.SlugRelatedField[Any](
        slug_field="username", queryset=User.objects.filter(is_active=True), error_messages=_NOBODY
    )
    name = serializers.CharField(source="user", read_only=True)
    role = OfferedField(choices=Role.choices)


class ProjectSerializer(RecordSerializer):
    """A project with its members."""

    route = "project"
    members = MembershipSerializer(source="memberships", many=True, read_only=True)

    class Meta:
        model = Project
        fields = (*RECORD_FIELDS, "slug", "name", "description", "members")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """A link by which one person can still join."""

    class Meta:
        model = Invitation
        fields = ("id", "role", "email", "created_at", "expires_at")


class NewInvitationSerializer(AskedSerializer):
    """For whom, as what, for how many days."""

    role = OfferedField(choices=Role.choices)
    email = serializers.EmailField(required=False, allow_blank=True)
    days = serializers.IntegerField(min_value=1, max_value=60, default=7)


class MadeInvitationSerializer(InvitationSerializer):
    """A new link, which is told this once."""

    link = serializers.URLField(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "link")  # type: ignore[assignment]


class TagCountSerializer(serializers.Serializer[Any]):
    """A tag, and how many records carry it."""

    tag = serializers.CharField()
    count = serializers.IntegerField()


class RenameTagSerializer(AskedSerializer):
    """A tag and how it is written from now on; empty takes it off all records."""

    tag = serializers.CharField(max_length=50)
    new = serializers.CharField(max_length=50, allow_blank=True)


class TokenSerializer(serializers.ModelSerializer[Token]):
    """A token as it is listed: everything but the key."""

    class Meta:
        model = Token
        fields = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")


class CredentialsSerializer(AskedSerializer):
    """Who asks for a token, and what it shall be called."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=100, default="script")
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    # Not a MultipleChoiceField: that takes a form which leaves it out for one that chooses nothing.
    scopes = serializers.ListField(
        child=OfferedField(choices=Scope.choices),
        required=False,
        allow_empty=False,
        help_text="What it opens; everything where left out.",
    )


class NewTokenSerializer(TokenSerializer):
    """A new token with its key, which is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = ("token", *TokenSerializer.Meta.fields)  # type: ignore[assignment]
