"""The demo hospital of `make run`: loopback, fabricated people, known passwords. Never for real patients."""

from emr.settings import _env
from emr.settings.base import *  # noqa: F403

EMR_DEMO = True
EMR_STYLEGUIDE = True
EMR_DEMO_PASSWORD = _env.text("EMR_DEMO_PASSWORD", "benhanmo")
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = []
# Loopback needs no compressed copies; making them takes longer than all the rest of a first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "css",
    "js",
    "mjs",
    "svg",
    "json",
    "txt",
    "html",
    "map",
    "ico",
    "png",
    "gif",
    "jpg",
    "jpeg",
    "webp",
    "eot",
    "ttf",
    "otf",
    "woff",
    "woff2",
)
