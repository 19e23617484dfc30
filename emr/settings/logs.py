"""What is logged, in which form (`EMR_LOG_FORMAT`)."""

from emr.settings import _env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "emr.common.logs.RequestFilter"}},
    "formatters": {
        "line": {"()": "emr.common.logs.OneLineFormatter"},
        "json": {"()": "emr.common.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": _env.choice("EMR_LOG_FORMAT", "line", ("line", "json")),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "ERROR"},
        # Its lines hold addresses; each request has a line of ours with the view's name. Faults (500) stay.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "pyhanko": {"level": "ERROR"},
        "fido2": {"level": "WARNING"},
    },
}
