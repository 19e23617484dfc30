"""Production starts clean or not at all (S-59)."""

import os
import re
import subprocess
import sys

import pytest

from emr.local.home import CHECKOUT

GOOD = {
    "EMR_SETTINGS": "production",
    "EMR_SECRET_KEY": "kT7qv0mZ2xWc9LrB4yNs8HdJ1fGp6AeU3oXiQ5tVaYbMnCwEzK",
    "EMR_FILE_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "EMR_ALLOWED_HOSTS": "benhan.example.vn",
    "DATABASE_URL": "postgresql://emr_app:x@127.0.0.1:1/emr",
}


def run(words: list[str], **changed: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment |= {name: value for name, value in (GOOD | changed).items() if value}
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def start(**changed: str) -> "subprocess.CompletedProcess[str]":
    return run(["manage.py", "check", "--deploy", "--fail-level", "DEBUG"], **changed)


def test_the_deployment_check_is_silent() -> None:
    done = start()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_passwords_and_cookies_are_kept_as_is_promised() -> None:
    """Argon2id; every cookie for this host alone and under TLS (S-23)."""
    asked = (
        "from emr.settings import production as s\n"
        "print(s.PASSWORD_HASHERS[0].rsplit('.')[-1], s.DEBUG,"
        " *[getattr(s, n) for n in dir(s) if n.endswith('_COOKIE_NAME')])"
    )
    done = run(["-c", asked])
    hasher, debug, *cookies = done.stdout.split()
    assert (hasher, debug) == ("Argon2PasswordHasher", "False"), done.stderr
    assert len(cookies) == 4
    assert all(name.startswith("__Host-") for name in cookies), cookies


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EMR_SECRET_KEY", ""),
        ("EMR_SECRET_KEY", "short"),
        ("EMR_SECRET_KEY", "django-insecure-" + "x7Kq" * 12),
        ("EMR_FILE_KEY", ""),
        ("EMR_FILE_KEY", "00" * 32),
        ("EMR_FILE_KEY", "not hexadecimal"),
        ("EMR_ALLOWED_HOSTS", ""),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://x"),
    ],
)
def test_a_bad_value_is_named_and_never_shown(variable: str, value: str) -> None:
    done = start(**{variable: value})
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert re.search(rf"ImproperlyConfigured: {variable}\b", said), said[-500:]
    assert not value or value not in said.splitlines()[-1]
