"""A real PKCS #11 library (SoftHSM 2) with tokens of its own, and the file that names it."""

import datetime as dt
import itertools
import os
import subprocess
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, CertificateType, ObjectClass
from pytest_django.fixtures import Settings

from emr.accounts.models import User
from emr.common.clock import now
from signatures.certificates.authority import Issued
from signatures.certificates.services import demo_authority
from tests.support.services import tool

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN, OFFICER = "246813", "135724"
_numbers = itertools.count(1)
_DER = serialization.Encoding.DER


def set_up(folder: Path, settings: Settings, *, price: int = 0, officer: bool = True) -> None:
    """Tokens in `folder`; the library looks there from now on."""
    tokens, configuration = folder / "tokens", folder / "softhsm2.conf"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    (folder / "officer").write_text(f"{OFFICER}\n")
    lines = [f'[hsm]\nkind = "pkcs11"\nname = "HSM"\nmodule = "{MODULE}"\nprice = {price}']
    lines += [f'officer_pin_file = "{folder / "officer"}"'] if officer else []
    (folder / "services.toml").write_text("\n".join(lines))
    settings.EMR_KEY_SERVICES = str(folder / "services.toml")
    pkcs11.lib(MODULE).reinitialize()


def make_token(folder: Path, *keys: Issued) -> str:
    """A new token with these keys and their certificates; answers its label. Made by another process, as in life."""
    label = f"token-{next(_numbers)}"
    utility = tool("softhsm2-util", "softhsm2")
    _run(utility, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", OFFICER)
    for number, issued in enumerate(keys, 1):
        file = folder / "key.pem"
        file.write_bytes(
            issued.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        _run(
            utility, "--import", file, "--token", label, "--label", "k", "--id", f"{number:02d}", "--pin", PIN
        )
    pkcs11.lib(MODULE).reinitialize()
    for number, issued in enumerate(keys, 1):
        put_certificate(label, issued.certificate, number)
    put_certificate(label, demo_authority().issuing, 99)
    return label


def put_certificate(label: str, certificate: x509.Certificate, number: int) -> None:
    """Lay the certificate beside the key with this CKA_ID."""
    with pkcs11.lib(MODULE).get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.ID: bytes([number]),
                Attribute.LABEL: "c",
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(_DER),
            }
        )


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def issue_rsa(user: User) -> Issued:
    """The person's key of 2048 bits, as most authorities still issue them."""
    key, trial = rsa.generate_private_key(public_exponent=65537, key_size=2048), demo_authority()
    names = [
        x509.NameAttribute(NameOID.COMMON_NAME, user.full_name),
        x509.NameAttribute(NameOID.USER_ID, f"CCCD:{user.citizen_number}"),
    ]
    builder = x509.CertificateBuilder().subject_name(x509.Name(names)).issuer_name(trial.issuing.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now() - dt.timedelta(days=1)).not_valid_after(
        now() + dt.timedelta(days=90)
    )
    certificate = builder.sign(trial.key, hashes.SHA256())
    return Issued(key=key, certificate=certificate)  # type: ignore[arg-type]
