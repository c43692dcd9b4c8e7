"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import views as auth


class SignIn(auth.LoginView):
    """Asks for name and password; people who are signed in go on to where they wanted."""

    template_name = "pages/sign_in.html"
    redirect_authenticated_user = True


class SignOut(auth.LogoutView):
    """Ends the session, by POST only."""

    next_page = "sign-in"
