"""The admin's parts that come from the skin where it is installed, and from Django where it is not.

Everything else of the admin is written against these names only, so that it works with and without the skin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import widgets as plain
from django.contrib.auth import forms as auth
from django.utils.html import format_html
from django.utils.safestring import SafeString

__all__ = [
    "SKINNED",
    "AdminPasswordChangeForm",
    "FileInput",
    "ModelAdmin",
    "Select",
    "TabularInline",
    "TextArea",
    "TextInput",
    "UserChangeForm",
    "UserCreationForm",
]

SKINNED = apps.is_installed("unfold")

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    TextInput = plain.AdminTextInputWidget
    TextArea = plain.AdminTextareaWidget
    Select = forms.Select
    UserChangeForm = auth.UserChangeForm[Any]
    UserCreationForm = auth.AdminUserCreationForm
    AdminPasswordChangeForm = auth.AdminPasswordChangeForm[Any]
elif SKINNED:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextareaWidget as TextArea
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
else:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.widgets import AdminTextareaWidget as TextArea
    from django.contrib.admin.widgets import AdminTextInputWidget as TextInput
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
    from django.contrib.auth.forms import AdminUserCreationForm as UserCreationForm
    from django.forms import Select


class FileInput(forms.FileInput):
    """A place where files are dropped or chosen, several at once."""

    allow_multiple_selected = True

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The input inside the field that files are dropped on; without scripts it is a plain file input."""
        given = super().render(name, None, {**(attrs or {}), "multiple": True}, renderer)
        del value  # browsers never show a chosen file again
        # The skin's script writes the chosen name into a text box beside each file input and expects to find one.
        return format_html(
            '<div class="co-drop" data-drop>{}<input type="text" hidden disabled>'
            '<p class="co-drop-hint">Drop files here, or choose them.</p>'
            '<ul class="co-drop-list" data-drop-list></ul></div>',
            given,
        )
