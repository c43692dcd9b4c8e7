"""Settings of the test suite: the site's own, as the owner of a database whose name no other session uses."""

import hashlib
import os
import socket

# Before the settings look: tests keep their servers and files apart from the site's, whose server must stay durable.
if not os.environ.get("COSINTER_HOME", "").endswith("/test"):
    os.environ["COSINTER_HOME"] = f"{os.environ.get('COSINTER_HOME') or 'var'}/test"

from config import embedded
from config.settings import *  # noqa: F403
from config.settings import DATABASE_OWNER, HOME, STORAGES

embedded.postgres().durable = False

# The host and the process tell a living session from one that was killed; see tests/conftest.py.
TEST_DATABASE_PREFIX = f"test_cosinter_{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}_"
DATABASES = {
    "default": {
        **DATABASE_OWNER,
        "CONN_MAX_AGE": 0,
        "TEST": {"NAME": f"{TEST_DATABASE_PREFIX}{os.getpid()}"},
    }
}

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = HOME / "test-files"
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = HOME / "test-static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# Jobs run within a test's transaction, which a heartbeat cannot see: at its first beat it would take the job for lost.
COSINTER_LEASE_SECONDS = 3600
AXES_ENABLED = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COSINTER_REQUESTS_PER_MINUTE = 10**9
