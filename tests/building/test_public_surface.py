"""Names that scripts and other programs rely on; they change with a line in CHANGELOG.md."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from emr.local.home import CHECKOUT
from integrations.demo.hospital import DEPARTMENTS, FACILITY, PEOPLE
from tests.building.test_settings_documented import documented

# What each needs to be called at all.
COMMANDS: dict[str, list[str]] = {
    "mllp": [], "demo": [], "verify_audit": [], "verify_files": [], "arm": [],
    "populate": ["--patients", "1", "--seed", "1"],
    "verify_pdf": ["a.pdf"],
    "import_catalogue": ["icd10", "a.xlsx"],
    "backup": ["/b"],
    "restore": ["/b"],
    "compliance": [],
    "createfacility": ["01234", "A", "--admin", "an", "--admin-name", "An"],
}  # fmt: skip
VARIABLES = {
    "EMR_HOME", "EMR_PORT", "EMR_MLLP_PORT", "EMR_WORKLIST_PORT", "EMR_BIND", "DATABASE_URL", "EMR_OWNER_DATABASE_URL",
    "REDIS_URL", "EMR_SERVICES", "EMR_SETTINGS", "EMR_SECRET_KEY", "EMR_FILE_KEY", "EMR_DEMO_PASSWORD", "EMR_LANGUAGE",
}  # fmt: skip
TARGETS = {
    "run", "test", "lint", "unit", "e2e", "fmt", "assets", "graph", "bench", "test-long", "test-security", "reset",
}  # fmt: skip
ADDRESSES = [
    "/", "/health/live", "/health/ready", "/patients/", "/signing/", "/records/", "/orders/", "/results/", "/bedside/",
    "/scanning/", "/integrations/", "/administration/", "/verify/", "/metrics",
]  # fmt: skip
USERS = {
    "bacsi": "doctor", "bacsi2": "doctor", "truongkhoa": "head_of_department", "dieuduong": "nurse",
    "tiepdon": "registration", "xetnghiem": "laboratory", "cdha": "imaging", "duocsi": "pharmacist", "luutru": "records",
    "khth": "planning", "giamdoc": "director", "ddtruong": "head_nurse", "vanthu": "seal_keeper",
    "tichhop": "integration", "quantri": "admin", "kiemtoan": "auditor",
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_answers_programs(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    assert parser.parse_args([*COMMANDS[name], "--format", "json"]).format == "json"


def test_every_variable_is_explained() -> None:
    assert documented() >= VARIABLES


def test_every_target_of_make_is_there() -> None:
    told = (CHECKOUT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"^([a-z][a-z0-9-]*):", told, flags=re.MULTILINE)) >= TARGETS


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_leads_somewhere(address: str) -> None:
    try:
        resolve(address)
    except Resolver404:
        pytest.fail(f"{address} leads nowhere")


def test_the_demo_s_users_and_departments_are_those_that_are_named() -> None:
    assert {username: role for username, _name, _title, role, _department in PEOPLE}.items() >= USERS.items()
    assert FACILITY[0] == "99999"
    assert {"K01", "K02", "K03", "K18", "K19", "K27"} <= {code for code, *_rest in DEPARTMENTS}


def test_wrong_use_is_told_from_what_a_check_found(tmp_path: Path) -> None:
    """1 is what a check has found: a script that watches the log must not take a misspelt word for a broken chain."""
    for words in (
        ["restore", str(tmp_path)],
        ["verify_audit", "--no-such"],
        ["import_catalogue", "x", "y"],
    ):
        done = subprocess.run(
            [sys.executable, CHECKOUT / "manage.py", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 2, (words, done.stderr)
