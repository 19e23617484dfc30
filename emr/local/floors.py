"""Versions below which a known hole is open. Production refuses to start with an older package; a test reads them all."""

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version

# Reviewed monthly; the date of the last review stands in docs/security.md.
PACKAGES = {
    "django": "5.2.18",
    "djangorestframework": "3.17.2",
    "weasyprint": "70.0",
    "lxml": "6.1.0",
    "signxml": "4.0.4",
    "pydicom": "3.0.2",
    "gunicorn": "22.0",
}
PDFJS = "4.2.67"
# The newest fix of each PostgreSQL that we run on; an older major has none, a newer one is newer.
POSTGRES = {15: 20, 16: 16, 17: 12, 18: 7}


def parsed(text: str) -> tuple[int, ...]:
    """Version 5.2.18 as (5, 2, 18); what follows the numbers doesn't count."""
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", text, maxsplit=1)[0]))


def is_below(installed: str, floor: str) -> bool:
    """Whether the one version is older than the other."""
    have, need = parsed(installed), parsed(floor)
    width = max(len(have), len(need))
    return have + (0,) * (width - len(have)) < need + (0,) * (width - len(need))


@cache
def old_packages() -> tuple[str, ...]:
    """Installed packages below their floors; one that isn't installed can't be."""
    found = []
    for name, floor in PACKAGES.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if is_below(installed, floor):
            found.append(f"{name} {installed} < {floor}")
    return tuple(found)


def old_server(number: int) -> str:
    """Why a PostgreSQL of this server_version_num is too old; "" when it isn't."""
    major, minor = divmod(number, 10000)
    floor = POSTGRES.get(major)
    if floor is None:
        return "" if major > max(POSTGRES) else f"PostgreSQL {major} < {min(POSTGRES)}"
    return f"PostgreSQL {major}.{minor} < {major}.{floor}" if minor < floor else ""
