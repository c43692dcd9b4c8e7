"""Puts what a service refused at the fields of the form that asked for it."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError


def show_in(form: forms.Form, error: ValidationError) -> None:
    """Adds a service's errors to a form: at the fields of the same names, else at the form as a whole."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(name if name in form.fields else None, problems)
