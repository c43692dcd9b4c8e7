"""`manage.py up`: one process that starts the site's parts, watches them, and stops them in order."""
