"""Django's PostgreSQL backend for the embedded server; Django looks for it in the module `base`."""
