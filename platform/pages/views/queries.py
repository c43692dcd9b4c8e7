"""Keeping a query under a name from the list that it was typed into."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from pages.forms import KeepQueryForm
from pages.querying import LISTS
from search.services import save_query


@login_required
@require_POST
def keep_query(request: HttpRequest) -> HttpResponse:
    """Keeps the query and shows the list again."""
    form = KeepQueryForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            made = save_query(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"Kept as {made.name}; it stands among the saved queries.")
    else:
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
    about, text = request.POST.get("about", ""), request.POST.get("text", "")
    return redirect(f"{reverse(LISTS.get(about, 'search'))}?{urlencode({'q': text})}")
