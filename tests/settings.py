"""The project's settings as a developer has them, whatever this machine's environment says, and quicker.

DATABASE_URL alone is taken from the environment: the suite passes on any PostgreSQL that it names.
"""

import os

os.environ |= {
    "DEBUG": "on",
    "SECRET_KEY": "only for tests",
    "SECRET_KEY_FALLBACKS": "",
    "HANDOUT_KEY": "",
    "HANDOUT_KEY_FALLBACKS": "",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "BASE_URL": "https://tracework.example",
    "CSRF_TRUSTED_ORIGINS": "",
    "SECURITY_CONTACT": "",
    "TRUSTED_PROXY_COUNT": "0",
    "REQUIRE_STAFF_MFA": "",
    "LOG_LEVEL": "INFO",
}

from config.settings import *
from config.settings import DATABASES

# Speed, where nothing is worth keeping: only the tests' connections, never the server, stop waiting for the disk.
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Files are found where they lie, since nobody has collected them.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
