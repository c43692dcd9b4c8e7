"""Settings, addresses, Celery and the commands that run the site: the wiring, above every other app."""
