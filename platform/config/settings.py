"""Django's settings, read from the environment through `config.environment` and from nowhere else.

Importing them starts nothing and connects to nothing; the addresses of the embedded servers are known
beforehand.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from kombu import Queue

from config import embedded, environment
from config.admin_site import UNFOLD as ADMIN_SITE
from config.databases import connection_settings
from config.logs import configure_structlog, logging_configuration
from config.secret_key import secret_key
from config.security import PAGES_POLICY

ROOT = environment.ROOT
HOME = environment.home()

# Site
DEBUG = environment.flag("COSINTER_DEBUG")
SECRET_KEY = secret_key(HOME)
ALLOWED_HOSTS = environment.words("COSINTER_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = environment.words("COSINTER_TRUSTED_ORIGINS")
_origins = [origin for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin]
COSINTER_SITE_URL = environment.address("COSINTER_SITE_URL") or (_origins[0] if _origins else "")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "rest_framework",
    "core",
    "accounts",
    "custom",
    "samples",
    "measurements",
    "analysis_tasks",
    "search",
    "comparisons",
    "notes",
    "pages",
    "provenance",
    "exchange",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.security.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.views.AddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "pages.middleware.GoneMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.context.everyday",
            ]
        },
    }
]

# Data
DATABASES: dict[str, dict[str, Any]] = {"default": connection_settings("app")}
DATABASE_OWNER: dict[str, Any] = connection_settings("owner")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = embedded.redis_url()
CACHES: dict[str, dict[str, Any]] = {  # counts requests, for all processes of the site together
    "default": {"BACKEND": "core.throttling.ForgivingRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cosinter"}
}

# Files
MEDIA_ROOT = HOME / "files"
MEDIA_URL = "/files/"
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20  # a thousand records with all their parts
COSINTER_MAX_UPLOAD = environment.number("COSINTER_MAX_UPLOAD")
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = ROOT / "staticfiles"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Language and time: records keep UTC, numbers are written the same way everywhere.
LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# E-mail, only where there is a mail server
_mail = urlsplit(environment.text("COSINTER_MAIL_SERVER") or "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.hostname else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.hostname or "", _mail.port or (465 if _mail.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = bool(_mail.hostname) and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 10
COSINTER_MAIL_FROM = (environment.text("COSINTER_MAIL_FROM") or "") if _mail.hostname else ""

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# Browser
CONTENT_SECURITY_POLICY = PAGES_POLICY
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if environment.flag("COSINTER_HTTPS"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]  # supervisors ask inside the network, without the proxy
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Behind the proxy, who guesses passwords is told apart by the address that the proxy saw.
    AXES_IPWARE_PROXY_COUNT = 1
    AXES_IPWARE_META_PRECEDENCE_ORDER = ("HTTP_X_FORWARDED_FOR", "REMOTE_ADDR")

# REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "core.filters.StrictOrdering",
    ],
    # Whose address counts: that of the connection, or behind the proxy the one that the proxy saw.
    "NUM_PROXIES": 1 if environment.flag("COSINTER_HTTPS") else 0,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` belongs to the tables
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
COSINTER_REQUESTS_PER_MINUTE = environment.number("COSINTER_REQUESTS_PER_MINUTE")
SPECTACULAR_SETTINGS = {
    "TITLE": "Cosinter",
    "DESCRIPTION": "Materials database and provenance platform for battery laboratories.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RowsEnum": "comparisons.models.comparison.Comparison.About",
        "JobStateEnum": "core.jobs.State.choices",
        "SampleKindEnum": "samples.models.sample.Sample.Kind",
        "ProcessKindEnum": "samples.models.process.Process.Kind",
        "BesideKindEnum": "notes.targets.KIND_CHOICES",
        "NamedKindEnum": "notes.targets.NAMED_KINDS",
        "ProjectFieldKindEnum": "custom.models.ProjectField.Kind",
        "MemberRoleEnum": "accounts.access.Role",
        "InstrumentKindEnum": "samples.models.catalogue.Instrument.Kind",
        "OriginKindEnum": ["run", "publication", "record", "manual"],
        "CurrencyEnum": ["current", "stale", "superseded"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD = ADMIN_SITE

# Background work. The row of a run is the queue and the message a hint: see core.jobs.
COSINTER_JOB_SECONDS = environment.number("COSINTER_JOB_SECONDS")
COSINTER_JOB_MEMORY = environment.number("COSINTER_JOB_MEMORY_MIB") << 20
COSINTER_KERNEL_LIMITS = environment.limits("COSINTER_KERNEL_LIMITS")
COSINTER_LEASE_SECONDS = environment.number("COSINTER_LEASE_SECONDS")
COSINTER_SWEEP_SECONDS = environment.number("COSINTER_SWEEP_SECONDS")
_LONGEST_TASK = 2 * max(COSINTER_JOB_SECONDS, *(int(seconds) for seconds, _ in COSINTER_KERNEL_LIMITS.values()), 0)
CELERY_BROKER_URL = embedded.broker_url()
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True  # a worker that is stopped hands its message back
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # else a task that always dies would run for ever; the sweeper counts
CELERY_TASK_ACKS_ON_FAILURE = True
CELERY_TASK_ACKS_ON_TIMEOUT = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = _LONGEST_TASK + 300  # a last resort: the sandbox stops a computation long before
CELERY_TASK_SOFT_TIME_LIMIT = _LONGEST_TASK + 200
CELERY_TASK_QUEUES = [Queue("interactive"), Queue("bulk")]  # in this order, see core.queues
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_PUBLISH_RETRY_POLICY = {  # a web request must not hang
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT + 600,  # longer than a task and a prefetched message's wait
    "queue_order_strategy": "config.celery.ListedOrder",
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CONCURRENCY = (
    environment.number("COSINTER_WORKER_PROCESSES")
    if environment.text("COSINTER_WORKER_PROCESSES")
    else min(max(os.cpu_count() or 1, 2), 8)
)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10  # s; waited whole where any task is under way; the rest is handed back
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 2_000_000  # kB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "sweep-readings": {"task": "measurements.sweep_readings", "schedule": float(COSINTER_SWEEP_SECONDS)},
    "seal-audit": {"task": "core.seal_audit", "schedule": 60.0},
    "verify": {"task": "provenance.verify_rotating", "schedule": crontab(hour="2", minute="0")},
    "sweep-runs": {"task": "analysis_tasks.sweep_runs", "schedule": float(COSINTER_SWEEP_SECONDS)},
    "remove-leftovers": {"task": "measurements.remove_leftovers", "schedule": 3600.0},
    "forget-uploads": {"task": "measurements.forget_uploads", "schedule": 3600.0},
    "forget-answers": {"task": "core.forget_answers", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULER = "config.beat.SteadyScheduler"

# Logging
configure_structlog()
LOGGING = logging_configuration(
    level=environment.required_text("COSINTER_LOG_LEVEL"),
    style=environment.required_text("COSINTER_LOG_FORMAT"),
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
