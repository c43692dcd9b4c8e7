"""Django's PostgreSQL backend that takes a lease on the embedded server before its first connection.

So `manage.py` works by hand whether or not the site runs, and importing settings starts nothing.
"""

from typing import Any

from django.db.backends.postgresql import base

from config import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose server is started when it is needed."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connects, after making sure once per process that the server runs."""
        embedded.start(embedded.postgres())
        return super().get_new_connection(conn_params)
