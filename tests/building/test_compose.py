"""The production compose file: it parses, names what must be set, carries no secret, gives each process its role."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from emr.local.home import CHECKOUT
from tests.support.services import tool

EXAMPLE = CHECKOUT / "docker" / "example.env"
GIVEN = {
    "EMR_BACKUP_FOLDER": "/srv/backup",
    "EMR_MLLP_ADDRESS": "192.0.2.7",
    "EMR_ALLOWED_HOSTS": "benhan.example.vn",
}


def example() -> dict[str, str]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def parsed(folder: Path, values: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """docker-compose's own reading; no engine is needed for that."""
    for name in ("docker-compose.yml", "docker"):
        (folder / name).symlink_to(CHECKOUT / name)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return subprocess.run(
        [tool("docker-compose", "docker-compose"), "config"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    filled = {name: GIVEN.get(name, f"{name.lower()}x7") for name in example()}
    done = parsed(tmp_path, filled)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    return document["services"]


def test_every_process_is_there_with_its_command(services: dict[str, Any]) -> None:
    assert set(services) == {
        "database", "broker", "prepare", "web", "worker", "deliver", "beat", "mllp", "backup", "nginx",
    }  # fmt: skip
    words = {name: " ".join(service.get("command") or []) for name, service in services.items()}
    assert "emr.wsgi:application" in words["web"]
    assert "-Q interactive,bulk,sync" in words["worker"]
    assert "-Q deliver -P threads" in words["deliver"]
    assert "beat" in words["beat"]
    assert words["mllp"] == "manage mllp"
    assert words["backup"] == "manage backup /backups --nightly"


def test_only_tls_and_the_listener_are_reachable(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"nginx", "mllp"}
    assert str(published["mllp"]).count("192.0.2.7") == 1, "the listener binds the HIS's network alone"
    outside = {name for name, service in services.items() if "outside" in (service.get("networks") or {})}
    assert outside == {"nginx", "mllp", "deliver"}, "who speaks to the neighbours"


def test_only_migrations_and_backups_know_the_owner(services: dict[str, Any]) -> None:
    environments = {name: service.get("environment") or {} for name, service in services.items()}
    owners = {name for name, values in environments.items() if "EMR_OWNER_DATABASE_URL" in values}
    assert owners == {"prepare", "backup"}
    for name in ("web", "worker", "deliver", "beat", "mllp"):
        assert environments[name]["EMR_SETTINGS"] == "production"


@pytest.mark.parametrize("name", sorted(set(example()) - {"EMR_TRUSTED_ORIGINS", "EMR_SECRET_KEY", "EMR_FILE_KEY",
                                                          "EMR_ALLOWED_HOSTS", "EMR_BACKUP_PASSWORD"}))  # fmt: skip
def test_a_missing_value_is_named(tmp_path: Path, name: str) -> None:
    filled = {other: GIVEN.get(other, "x7") for other in example()}
    done = parsed(tmp_path, filled | {name: ""})
    assert done.returncode != 0
    assert name in done.stderr


def test_there_are_no_default_secrets() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not any(example().values()), "the example leaves every value empty"
    for found in re.findall(r"\$\{([A-Z_]*(?:PASSWORD|KEY|SECRET)[A-Z_]*)(:?[-?+])?", text):
        assert found[1] == ":?", f"{found[0]} must be demanded, never defaulted"
    assert not re.search(r"(?i)(password|secret)\s*[:=]\s*[\"']?[a-z0-9]{6,}", text)


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    """nginx -t on the file, with its folders and its upstream's name put here."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    openssl = tool("openssl", "openssl")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    site = (CHECKOUT / "docker/nginx/benhanmo.conf").read_text(encoding="utf-8")
    # Debian 12's nginx is older than the image's: there, http2 stands in the listen line.
    site = (
        site.replace("/etc/nginx/tls", str(tmp_path))
        .replace("web:8000", "127.0.0.1:8000")
        .replace("    http2 on;\n", "")
    )
    (tmp_path / "site.conf").write_text(site)
    main = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    (tmp_path / "nginx.conf").write_text(main)
    nginx = tool("nginx", "nginx-light")
    done = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
