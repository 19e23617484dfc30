"""Settings of every instance, read from the environment through typed readers that refuse nonsense."""

from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from emr.settings import _env, beat
from emr.settings.logs import LOGGING  # noqa: F401  for those who build on this

# Lets classes name what they are of at run time, as the type checker wants: ModelForm[Channel].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]
EMR_HOME = Path(_env.text("EMR_HOME", str(BASE_DIR / "var"))).resolve()

DEBUG = False
EMR_DEMO = False
EMR_TRAINING = False
EMR_PORT = _env.integer("EMR_PORT", 8000, minimum=1, maximum=65535)
EMR_BIND = _env.text("EMR_BIND", "127.0.0.1")
EMR_MLLP_PORT = _env.integer("EMR_MLLP_PORT", 2575, minimum=1, maximum=65535)
# Proxies of our own: only their word of the client's address is taken, of its certificate where they always set it.
EMR_PROXY_COUNT = _env.integer("EMR_PROXY_COUNT", 0, maximum=5)
EMR_PROXY_CERTIFICATES = _env.choice("EMR_PROXY_CERTIFICATES", "no", ("no", "yes"))
EMR_WORKLIST_PORT = _env.integer("EMR_WORKLIST_PORT", 11112, minimum=1, maximum=65535)
SECRET_KEY = _env.text("EMR_SECRET_KEY")
# Hexadecimal AES-256 keys: the first wraps new files, all of them unwrap.
EMR_FILE_KEYS = _env.words("EMR_FILE_KEY") or [_env.text("EMR_FILE_KEY")]
ALLOWED_HOSTS = _env.words("EMR_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _env.words("EMR_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "pgtrigger",
    "axes",
    "csp",
    "emr.common",
    "emr.ui",
    "emr.audit",
    "emr.outbox",
    "emr.accounts",
    "emr.signin",
    "emr.storage",
    "emr.terminology",
    "emr.staff",
    "emr.notices",
    "emr.watching",
    "emr.compliance",
    "emr.tls",
    "patients.registry",
    "patients.emergency_access",
    "patients.history",
    "patients.coverage",
    "patients.oversight",
    "encounters.visits",
    "encounters.phrases",
    "encounters.forms",
    "encounters.documents",
    "encounters.orders",
    "encounters.specimens",
    "encounters.results",
    "encounters.performing",
    "encounters.monitoring",
    "encounters.medicines",
    "encounters.consents",
    "encounters.scanning",
    "encounters.attestations",
    "encounters.bedside",
    "encounters.inspections",
    "encounters.completeness",
    "encounters.bundles",
    "encounters.records",
    "encounters.switching",
    "encounters.designing",
    "encounters.rounds",
    "encounters.boards",
    "signatures.certificates",
    "signatures.providers",
    "signatures.signing",
    "signatures.sealing",
    "signatures.verification",
    "signatures.preserving",
    "integrations.transport",
    "integrations.hl7v2",
    "integrations.his",
    "integrations.lis",
    "integrations.launch",
    "integrations.loading",
    "integrations.mdm",
    "integrations.monitors",
    "integrations.reconciling",
    "integrations.demo",
]

MIDDLEWARE = [
    "emr.common.middleware.RequestContextMiddleware",
    "emr.ui.limits.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "emr.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the forgery protection: whose turn it is at a shared PC is said in clearer words.
    "emr.signin.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "encounters.inspections.middleware.MarkMiddleware",
    "emr.accounts.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
    "emr.audit.middleware.FullVolumeMiddleware",
]

ROOT_URLCONF = "emr.urls"
WSGI_APPLICATION = "emr.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "emr.ui.context_processors.interface",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]
COTTON_DIR = "cotton"
COTTON_SNAKE_CASED_NAMES = False

_pool = {
    "min_size": 1,
    "max_size": _env.integer("EMR_DATABASE_POOL", 10, minimum=1, maximum=200),
    # While PostgreSQL is away a request is told so in seconds. There are more connections than threads, so that nobody
    # waits for another's. An attempt gives up early, lest its pauses, each twice the last, outlast the fault (F-07).
    "timeout": 3,
    "reconnect_timeout": 10,
}


def _application_database() -> dict[str, object]:
    config = _env.database("DATABASE_URL", _env.text("DATABASE_URL"))
    config |= {"ATOMIC_REQUESTS": True, "CONN_HEALTH_CHECKS": True}
    config["OPTIONS"] = {**config["OPTIONS"], "pool": _pool, "application_name": "benhanmo"}  # type: ignore[dict-item]
    return config


DATABASES = {
    # The application's role: owns nothing, can't change what is append-only.
    "default": _application_database(),
    # The owner's role: migrations and disposal alone.
    "owner": _env.database(
        "EMR_OWNER_DATABASE_URL", _env.text("EMR_OWNER_DATABASE_URL", _env.text("DATABASE_URL"))
    ),
}
# Set by the role that migrates; grants go to this one.
EMR_APPLICATION_ROLE = str(DATABASES["default"]["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# The broker only wakes workers: a wake-up that can't be sent at once is dropped, the sweeper finds the row.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    # kombu's own reconnecting would hold a request for seconds (F-05); a worker's consumer has its own rule.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_BEAT_SCHEDULE = beat.SCHEDULE
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "emr.accounts.backends.StaffBackend",
    "emr.signin.first.FirstPasswordBackend",
    # After the house's own passwords: those work while the directory is away.
    "emr.signin.directory.DirectoryBackend",
]
# The hospital's own accounts: a provider (OpenID Connect), a directory (LDAP, Active Directory). Empty: none.
EMR_OIDC_ISSUER = _env.text("EMR_OIDC_ISSUER", "")
EMR_OIDC_CLIENT_ID = _env.text("EMR_OIDC_CLIENT_ID", "")
EMR_OIDC_CLIENT_SECRET = _env.text("EMR_OIDC_CLIENT_SECRET", "")
EMR_OIDC_SCOPE = _env.text("EMR_OIDC_SCOPE", "openid profile")
EMR_OIDC_USERNAME_CLAIM = _env.text("EMR_OIDC_USERNAME_CLAIM", "preferred_username")
EMR_OIDC_GROUPS_CLAIM = _env.text("EMR_OIDC_GROUPS_CLAIM", "groups")
EMR_LDAP_URL = _env.text("EMR_LDAP_URL", "")
EMR_LDAP_BIND = _env.text("EMR_LDAP_BIND", "")
EMR_LDAP_BASE = _env.text("EMR_LDAP_BASE", "")
EMR_LDAP_FILTER = _env.text("EMR_LDAP_FILTER", "(uid={username})")
EMR_LDAP_CA = _env.text("EMR_LDAP_CA", "")
if EMR_LDAP_URL and (
    "{username}" not in EMR_LDAP_BIND or "{username}" not in EMR_LDAP_FILTER or not EMR_LDAP_BASE
):
    raise ImproperlyConfigured(
        "EMR_LDAP_BIND and EMR_LDAP_FILTER must hold {username}, EMR_LDAP_BASE a name."
    )
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "emr.signin.passwords.LongEnough"},
    {"NAME": "emr.signin.passwords.NotUsual"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "signin:sign_in"
LOGIN_REDIRECT_URL = "ui:home"

# One account from one address: a stranger's guesses elsewhere never lock the ward's own PC out (S-20).
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "emr.signin.views.coming.locked_out"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
# The request's own middleware puts the client's address there, by EMR_PROXY_COUNT; no header is read again.
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

SESSION_ENGINE = "emr.signin.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "emr_language"
THEME_COOKIE_NAME = "emr_theme"
CSRF_FAILURE_VIEW = "emr.ui.errors.csrf_failure"

LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LANGUAGE_CODE = _env.choice("EMR_LANGUAGE", "vi", ("vi", "en"))
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
FORMAT_MODULE_PATH = ["emr.ui.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = EMR_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": EMR_HOME / "files"},
    },
    "staticfiles": {"BACKEND": "emr.ui.staticfiles.HashedFiles"},
}
WHITENOISE_MIMETYPES = {".mjs": "text/javascript"}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

# The address that printed codes lead to.
EMR_PUBLIC_URL = _env.text("EMR_PUBLIC_URL", f"http://localhost:{EMR_PORT}")
# Seals the keys inside a backup; kept somewhere else than the backup.
EMR_BACKUP_PASSWORD = _env.text("EMR_BACKUP_PASSWORD", "")
EMR_BACKUP_HOUR = _env.integer("EMR_BACKUP_HOUR", 2, maximum=23)  # of the hospital's own time

# A bucket for the encrypted files; without one they lie in EMR_HOME. Needs the extra s3.
EMR_S3_BUCKET = _env.text("EMR_S3_BUCKET", "")
EMR_S3_ENDPOINT = _env.text("EMR_S3_ENDPOINT", "")
EMR_S3_REGION = _env.text("EMR_S3_REGION", "us-east-1")
EMR_S3_ACCESS_KEY = _env.text("EMR_S3_ACCESS_KEY", "")
EMR_S3_SECRET_KEY = _env.text("EMR_S3_SECRET_KEY", "")
EMR_S3_CA = _env.text("EMR_S3_CA", "")

# Ways out of the house for notices; without its address a channel takes nothing.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _env.text("EMR_SMTP_HOST", "")
EMAIL_PORT = _env.integer("EMR_SMTP_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = _env.text("EMR_SMTP_USER", "")
EMAIL_HOST_PASSWORD = _env.text("EMR_SMTP_PASSWORD", "")
_smtp_security = _env.choice("EMR_SMTP_SECURITY", "starttls", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = _smtp_security == "starttls", _smtp_security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _env.text("EMR_SMTP_FROM", "benhanmo@localhost")
EMR_SMS_URL = _env.text("EMR_SMS_URL", "")
EMR_SMS_TOKEN = _env.text("EMR_SMS_TOKEN", "")
EMR_CHAT_URL = _env.text("EMR_CHAT_URL", "")
EMR_CHAT_TOKEN = _env.text("EMR_CHAT_TOKEN", "")
# Seconds after which PostgreSQL cancels a page's statement, and a large list's (F-34); 0 for the first: never.
EMR_STATEMENT_SECONDS = _env.integer("EMR_STATEMENT_SECONDS", 15, maximum=600)
EMR_REPORT_SECONDS = _env.integer("EMR_REPORT_SECONDS", 60, minimum=1, maximum=3600)
EMR_UPLOAD_MEGABYTES = _env.integer("EMR_UPLOAD_MEGABYTES", 60, minimum=1, maximum=1000)
EMR_RATE_LIMITS = True
# Who may read /metrics: addresses or networks.
EMR_METRICS_ADDRESSES = _env.networks("EMR_METRICS_ADDRESSES", "127.0.0.1,::1")
# A folder on the database's disk, where this machine can see one; its free space is watched.
EMR_DATABASE_FOLDER = _env.text("EMR_DATABASE_FOLDER", "")
EMR_NTP_SERVER = _env.text("EMR_NTP_SERVER", "")

# PEM files of the web server, where it ends TLS itself; behind a proxy only watched.
EMR_TLS_CERT = _env.text("EMR_TLS_CERT", "")
EMR_TLS_KEY = _env.text("EMR_TLS_KEY", "")
# Opens the key of the hospital's own root: given to the command `tls` alone.
EMR_TLS_ROOT_PASSWORD = _env.text("EMR_TLS_ROOT_PASSWORD", "")

# Where the agent of a ward's PC listens there (docs/agent.md); 0: pages speak to no program of the PC's.
EMR_AGENT_PORT = _env.integer("EMR_AGENT_PORT", 0, maximum=65535)
if EMR_AGENT_PORT:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(f"http://127.0.0.1:{EMR_AGENT_PORT}")

EMR_TSA_URL = _env.text("EMR_TSA_URL", "")
# A TOML file: tokens, HSMs and remote authorities that keep signing keys (docs/signing.md).
EMR_KEY_SERVICES = _env.text("EMR_KEY_SERVICES", "")
# A TOML file: services that sign for patients, fingerprint readers (docs/consents.md).
EMR_CONFIRMATION_SERVICES = _env.text("EMR_CONFIRMATION_SERVICES", "")
# PEM files; a CA means that HL7 peers must show a certificate.
EMR_MLLP_TLS_CERT = _env.text("EMR_MLLP_TLS_CERT", "")
EMR_MLLP_TLS_KEY = _env.text("EMR_MLLP_TLS_KEY", "")
EMR_MLLP_TLS_CA = _env.text("EMR_MLLP_TLS_CA", "")
EMR_TRUST_ROOTS = _env.text("EMR_TRUST_ROOTS", "")
