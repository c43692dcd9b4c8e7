"""Settings of the test suite: the same code, on servers of its own."""
SECRET_KEY = "test"
INSTALLED_APPS: list[str] = []
USE_TZ = True
