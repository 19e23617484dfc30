"""Every variable that the code reads is explained to the administrator; nothing is explained that isn't read."""

import re

from emr.local.home import CHECKOUT

HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")
# Names of settings, not of variables; and what one process of ours tells another.
INTERNAL = {
    "EMR_APPLICATION_ROLE", "EMR_FILE_KEYS", "EMR_DEMO", "EMR_STYLEGUIDE", "EMR_SUPERVISED_HOME",
    "EMR_LOCAL_SUPERUSER_PASSWORD", "EMR_LOCAL_OWNER_PASSWORD", "EMR_LOCAL_APPLICATION_PASSWORD",
    "EMR_LOCAL_BROKER_PASSWORD",
}  # fmt: skip
VARIABLE = re.compile(r"\b(?:EMR_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL|REDIS_URL)\b")
READ = re.compile(
    r"""(?:_env\.\w+\(\s*|environ(?:\.get\(|\[)\s*|environment(?:\.get\(|\[)\s*)["']([A-Z0-9_]+)["']"""
)


def documented() -> set[str]:
    text = (CHECKOUT / "docs" / "operator.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `((?:EMR_|DATABASE_|REDIS_)[A-Z0-9_]+)` ", text, flags=re.MULTILINE))


def read() -> set[str]:
    found = set()
    for house in HOUSES:
        for path in (CHECKOUT / house).rglob("*.py"):
            found |= {
                name for name in READ.findall(path.read_text(encoding="utf-8")) if VARIABLE.fullmatch(name)
            }
    return found - INTERNAL


def test_every_variable_is_documented() -> None:
    assert not read() - documented()


def test_nothing_else_is_documented() -> None:
    mentioned = set()
    for house in HOUSES:
        for path in (CHECKOUT / house).rglob("*.py"):
            mentioned |= set(VARIABLE.findall(path.read_text(encoding="utf-8")))
    compose = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not documented() - mentioned - set(VARIABLE.findall(compose))
