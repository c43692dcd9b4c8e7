"""REST of projects, members and tokens."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from accounts import services
from accounts.access import OWNS, has_role
from accounts.filters import ProjectFilters
from accounts.models import Project, Token
from accounts.serializers import (
    CredentialsSerializer,
    InvitationSerializer,
    MadeInvitationSerializer,
    MembershipSerializer,
    NewInvitationSerializer,
    NewTokenSerializer,
    ProjectSerializer,
    RenameTagSerializer,
    TagCountSerializer,
    TokenSerializer,
)
from core.addresses import public_address
from core.api import RecordViewSet, StrictParameters
from core.api_lists import ROWS_FORMAT, TabledList, answer_rows
from core.pagination import NumberedPages
from custom.selectors import tags_in
from custom.services import remove_tag, rename_tag


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes tokens."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token KEY`, with a key from `auth/token/`.",
        }


class ProjectViewSet(RecordViewSet):
    """Projects. Whoever makes one owns it; the address takes the id or the short name."""

    queryset = Project.objects.select_related("created_by").prefetch_related("memberships__user")
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilters
    ordering_fields = ("slug", "name", "created_at", "updated_at")
    lookup_value_regex = "[^/]+"
    slug_field = "slug"
    parameters = dict.fromkeys(("members", "invitations", "tags"), ("format",))

    def write_new(self, data: dict[str, Any]) -> Project:
        """A new project, owned by the person who makes it."""
        return services.create_project(actor=self.request.user, **data)

    def write_change(self, record: Project, version: int | None, data: dict[str, Any]) -> Project:
        """Changes the project itself."""
        return services.change_project(record, actor=self.request.user, expected_version=version, **data)

    def write_delete(self, record: Project, version: int | None) -> None:
        """Deletes an empty project."""
        services.delete_project(record, actor=self.request.user, expected_version=version)

    @extend_schema(
        methods=["GET"],
        parameters=[ROWS_FORMAT],
        responses=MembershipSerializer(many=True),
        filters=False,
        operation_id="projects_members_list",
    )
    @extend_schema(methods=["POST"], request=MembershipSerializer, responses=MembershipSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def members(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Who is a member; owners add somebody or change what somebody may do."""
        project = self.get_object()
        if request.method == "GET":
            return answer_rows(request, MembershipSerializer, project.memberships, name="members")
        given = MembershipSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        membership = services.set_member(actor=request.user, project=project, **given.validated_data)
        return Response(MembershipSerializer(membership).data)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="members/(?P<username>[^/]+)", url_name="member")
    def member(self, request: Request, username: str, **kwargs: Any) -> Response:
        """Ends a membership: owners end anybody's, everybody may leave."""
        project = self.get_object()
        membership = get_object_or_404(project.memberships, user__username=username)
        services.remove_member(actor=request.user, project=project, user=membership.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        methods=["GET"],
        parameters=[ROWS_FORMAT],
        responses=InvitationSerializer(many=True),
        filters=False,
        operation_id="projects_invitations_list",
    )
    @extend_schema(methods=["POST"], request=NewInvitationSerializer, responses={201: MadeInvitationSerializer})
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def invitations(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Links that are open; owners make another one, whose key is in the answer and nowhere else."""
        project = self.get_object()
        if not has_role(request.user, project, OWNS):
            raise exceptions.PermissionDenied(f"Only owners of the project {project} invite people.")
        if request.method == "GET":
            living = [row for row in project.invitations.all() if row.is_open]
            return answer_rows(request, InvitationSerializer, living, name="invitations")
        asked = NewInvitationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        invitation, key = services.invite(actor=request.user, project=project, **asked.validated_data)
        link = public_address(reverse("join", args=[key]), request)
        made = {**InvitationSerializer(invitation).data, "link": link}
        return Response(made, status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path="invitations/(?P<invitation>[0-9a-fA-F-]{36})",
        url_name="invitation",
        pagination_class=None,
    )
    def revoke_invitation(self, request: Request, invitation: str, **kwargs: Any) -> Response:
        """Makes a link useless."""
        project = self.get_object()
        services.revoke_invitation(get_object_or_404(project.invitations, pk=invitation), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(methods=["GET"], parameters=[ROWS_FORMAT], responses=TagCountSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=RenameTagSerializer, responses=TagCountSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def tags(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Tags with how many records carry them; `new` renames one, and takes it off all records where it is empty."""
        project = self.get_object()
        if request.method == "GET":
            counted = [{"tag": tag, "count": count} for tag, count in tags_in(project).most_common()]
            return answer_rows(request, TagCountSerializer, counted, name="tags")
        asked = RenameTagSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tag, new = asked.validated_data["tag"], asked.validated_data["new"].strip()
        if new:
            count = rename_tag(actor=request.user, project=project, old=tag, new=new)
        else:
            count = remove_tag(actor=request.user, project=project, tag=tag)
        return Response({"tag": new or tag, "count": count})


class TokenThrottle(SimpleRateThrottle):
    """Slows down who tries passwords; django-axes locks out who keeps trying."""

    scope = "token"
    rate = "20/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """One count for each address that asks."""
        del view
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class TokenViewSet(StrictParameters, TabledList, mixins.DestroyModelMixin, viewsets.GenericViewSet[Token]):
    """Tokens of scripts: made with user name and password, listed and revoked with a token or a session."""

    queryset = Token.objects.filter(revoked_at=None)
    serializer_class = TokenSerializer
    parser_classes = [JSONParser, FormParser, MultiPartParser]
    pagination_class = NumberedPages
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    ordering_fields = ("created_at", "name")

    def get_queryset(self) -> Any:
        """One's own tokens that still work."""
        if getattr(self, "swagger_fake_view", False):
            return Token.objects.none()
        return (
            super()
            .get_queryset()
            .filter(user_id=cast("int", self.request.user.pk))
            .exclude(expires_at__lt=timezone.now())
        )

    def get_permissions(self) -> list[BasePermission]:
        """Who asks for a token has none yet."""
        return [AllowAny()] if self.action == "create" else [IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        """Asking for tokens is slowed down."""
        return [TokenThrottle()] if self.action == "create" else []

    def get_authenticators(self) -> list[Any]:
        """A broken token in the header does not keep anybody from asking for a new one."""
        request: Any = self.request
        asks = request is not None and request.method == "POST"
        return [] if asks else super().get_authenticators()

    @extend_schema(
        request=CredentialsSerializer,
        responses={201: NewTokenSerializer, 400: OpenApiResponse(description="User name or password is wrong.")},
        auth=[],
    )
    def create(self, request: Request) -> Response:
        """A new token: its key is in the answer and nowhere else."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = dict(given.validated_data)
        user = authenticate(request._request, username=asked.pop("username"), password=asked.pop("password"))
        if user is None:
            raise exceptions.ValidationError("No account has this user name and password, or it is locked for a while.")
        token, key = services.create_token(user=user, **asked)
        return Response({"token": key, **TokenSerializer(token).data}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Token) -> None:
        """Revokes the token; its row stays."""
        services.revoke_token(instance)
