"""Settings of the test suite: real PostgreSQL and broker, started by tests/conftest.py."""

import os

os.environ.setdefault("EMR_SECRET_KEY", "test-only-not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz")
os.environ.setdefault("EMR_FILE_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0")
os.environ.setdefault("EMR_STATEMENT_SECONDS", "0")
os.environ.setdefault("DATABASE_URL", "postgresql://emr_app@localhost:1/emr")
os.environ.setdefault("EMR_OWNER_DATABASE_URL", "postgresql://emr_owner@localhost:1/emr")

from emr.settings.base import *  # noqa: F403
from emr.settings.base import DATABASES, STORAGES

EMR_DEMO = True
EMR_STYLEGUIDE = True
EMR_DEMO_PASSWORD = "benhanmo"  # noqa: S105
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = []
# A hundred tests are one address; those of the limits set it.
EMR_RATE_LIMITS = False
# Many connections come and go in a test run: a pool would keep the test database busy when it is dropped.
DATABASES["default"]["OPTIONS"].pop("pool", None)  # type: ignore[attr-defined]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# The suite serves assets from their folders; nothing is collected.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
