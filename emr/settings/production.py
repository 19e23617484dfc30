"""A real hospital: TLS, real keys, no demo. Refuses to start with a default or missing key (S-59)."""

import re

from django.core.exceptions import ImproperlyConfigured

from emr.local.floors import old_packages
from emr.settings import _env
from emr.settings.base import *  # noqa: F403
from emr.settings.base import EMR_FILE_KEYS, SECRET_KEY

if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or "insecure" in SECRET_KEY:
    raise ImproperlyConfigured("EMR_SECRET_KEY is too weak: make one with `openssl rand -base64 48`.")
if not all(re.fullmatch(r"[0-9a-fA-F]{64}", key) and len(set(key)) > 4 for key in EMR_FILE_KEYS):
    raise ImproperlyConfigured("EMR_FILE_KEY must be 64 random hexadecimal digits: `openssl rand -hex 32`.")

if old := old_packages():
    raise ImproperlyConfigured(f"Packages with known holes are installed, upgrade them: {', '.join(old)}.")

ALLOWED_HOSTS = _env.words("EMR_ALLOWED_HOSTS") or [_env.text("EMR_ALLOWED_HOSTS")]

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
THEME_COOKIE_NAME = "__Host-theme"
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$", r"^trust/", r"^static/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
