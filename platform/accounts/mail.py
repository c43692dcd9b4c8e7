"""Sending a plain e-mail where there is a mail server; else nothing is sent, and the caller is told.

What a message says stands on a page, too: mail is a convenience, never the only way.
"""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail

log = logging.getLogger(__name__)


def is_configured() -> bool:
    """Whether there is a mail server."""
    return bool(settings.COSINTER_MAIL_FROM)


def send(to: str, subject: str, text: str) -> bool:
    """Sends a message; a mail server that refuses never stops the work.

    Returns:
        Whether it was handed to the mail server.
    """
    if not to or not is_configured():
        return False
    try:
        return bool(send_mail(" ".join(subject.split()), text, settings.COSINTER_MAIL_FROM, [to]))
    except (smtplib.SMTPException, OSError):
        log.exception("the mail server did not take a message")
        return False
