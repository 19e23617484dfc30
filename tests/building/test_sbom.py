"""The bill of materials: valid CycloneDX that names every locked package (S-60)."""

import json
import re

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from emr.local.home import CHECKOUT
from tools import guards, sbom


def test_the_bill_is_valid_and_whole() -> None:
    """S-60."""
    text = sbom.written()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    locked = re.findall(r'^name = "([^"]+)"$', (CHECKOUT / "uv.lock").read_text("utf-8"), flags=re.MULTILINE)
    assert set(locked) - {"benhanmo"} <= {component["name"] for component in components}
    by_name = {component["name"]: component for component in components}
    assert by_name["django"]["scope"] == "required"
    assert by_name["pytest"]["scope"] == "excluded"
    assert by_name["pdfjs-dist"]["purl"].startswith("pkg:npm/pdfjs-dist@")
    assert all(component["hashes"] for component in components)


def test_planted_secrets_are_found(tmp_path: object) -> None:
    """S-59: one of each kind."""
    planted = [
        b"-----BEGIN " + b"RSA PRIVATE KEY-----\n",
        b"EMR_BACKUP_" + b"PASSWORD=correcthorsebatterystaple",
        b"AKIA" + b"IOSFODNN7EXAMPLE",
        b"ghp" + b"_0123456789abcdefghijABCDEFGHIJ456789",
        b"eyJhbGciOiJIUzI1NiIsInR5"
        + b".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        b"postgresql://emr:" + b"verysecretword@db.benhvien.vn/emr",
    ]
    for secret in planted:
        assert any(pattern.search(secret) for pattern in guards.SECRETS.values()), secret
    for harmless in (
        b"EMR_BACKUP_PASSWORD=",
        b"redis://:password@host:6379/0",
        b"AKIA",
        b"https://a.b/c:d@e",
    ):
        assert not any(pattern.search(harmless) for pattern in guards.SECRETS.values()), harmless
