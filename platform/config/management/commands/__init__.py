"""Commands that run the site: `python manage.py NAME`."""
