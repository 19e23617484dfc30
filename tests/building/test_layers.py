"""The building: imports run down only, migrations are complete, nothing stands twice."""

import subprocess
import sys
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from emr.local.home import CHECKOUT

HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")


def test_imports_run_down_only() -> None:
    done = subprocess.run(
        [f"{sys.prefix}/bin/lint-imports", "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    output = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=output, verbosity=2)
    except SystemExit:
        pytest.fail(output.getvalue())


def test_every_room_has_its_label() -> None:
    ours = [config for config in apps.get_app_configs() if config.name.split(".", maxsplit=1)[0] in HOUSES]
    assert len(ours) >= 18
    for config in ours:
        assert config.label == config.name.rsplit(".", maxsplit=1)[-1]


def test_no_file_outgrows_400_lines() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): count
        for house in (*HOUSES, "tools")
        for path in (CHECKOUT / house).rglob("*.py")
        if "migrations" not in path.parts
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_templates_hold_no_inline_script_or_style() -> None:
    """The content security policy would refuse them; say it before a browser does (S-23)."""
    found = []
    for path in sorted((CHECKOUT / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if "print" in str(path.relative_to(CHECKOUT / "templates")):
            continue  # WeasyPrint's, never a browser's
        found += [
            f"{path.relative_to(CHECKOUT)}: {word}"
            for word in (" style=", "<style", "hx-on", " onclick=", " onload=", "javascript:")
            if word in text
        ]
        openings = [part.split(">", 1)[0] for part in text.split("<script")[1:]]
        if any("src=" not in opening and "application/json" not in opening for opening in openings):
            found.append(f"{path.relative_to(CHECKOUT)}: inline script")
    assert not found
