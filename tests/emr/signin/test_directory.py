"""The hospital's directory: Debian's OpenLDAP, a process of its own, over TLS."""

import datetime as dt
import ipaddress
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

from emr.accounts.models import PractitionerRole
from emr.signin import directory
from emr.signin.models import GroupRole, StaffSession
from tests.emr.people import make_an, make_binh, make_department
from tests.emr.signin.ports import free_port, wait_for_port

pytestmark = [pytest.mark.django_db, pytest.mark.peer]
BASE = "dc=benhvien,dc=vn"
PEOPLE = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Benh vien
dc: benhvien

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: uid=an,ou=people,{BASE}
objectClass: inetOrgPerson
uid: an
cn: Nguyen Van An
sn: An
userPassword: mat-khau-cua-thu-muc

dn: uid=la,ou=people,{BASE}
objectClass: inetOrgPerson
uid: la
cn: La
sn: La
userPassword: mat-khau-cua-thu-muc

dn: cn=bac-si-ngoai,{BASE}
objectClass: groupOfNames
cn: bac-si-ngoai
member: uid=an,ou=people,{BASE}
"""


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself; the PEM with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def slapd() -> Iterator[tuple[int, int, Path]]:
    """(plain port, TLS port, its certificate) of an OpenLDAP with two people and a group."""
    program = shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "slapd is missing. Type: apt-get install slapd"
    folder = Path(tempfile.mkdtemp(prefix="emr-ldap-"))
    pem = certificate(folder)
    (folder / "data").mkdir()
    schemas = "\n".join(
        f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson")
    )
    (folder / "slapd.conf").write_text(
        f"{schemas}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\n"
        f"TLSCertificateFile {pem}\nTLSCertificateKeyFile {folder}/key.pem\n"
        f'database mdb\nsuffix "{BASE}"\nrootdn "cn=root,{BASE}"\ndirectory {folder}/data\n'
        "access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n"
    )
    (folder / "people.ldif").write_text(PEOPLE)
    configuration = str(folder / "slapd.conf")
    subprocess.run(
        [program, "-T", "add", "-f", configuration, "-l", str(folder / "people.ldif")],
        check=True,
        capture_output=True,
    )
    plain, secure = free_port(), free_port()
    addresses = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{secure}"
    server = subprocess.Popen(
        [program, "-d", "0", "-f", configuration, "-h", addresses],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(secure, server)
        yield plain, secure, pem
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


@pytest.fixture(params=["ldaps", "starttls"])
def set_up(request: pytest.FixtureRequest, slapd: tuple[int, int, Path], settings: Any) -> None:
    """The hospital has named its directory."""
    plain, secure, pem = slapd
    is_secure = request.param == "ldaps"
    settings.EMR_LDAP_URL = f"ldaps://127.0.0.1:{secure}" if is_secure else f"ldap://127.0.0.1:{plain}"
    settings.EMR_LDAP_BIND = f"uid={{username}},ou=people,{BASE}"
    settings.EMR_LDAP_BASE, settings.EMR_LDAP_FILTER = BASE, "(uid={username})"
    settings.EMR_LDAP_CA = str(pem)


def enter(username: str, password: str) -> tuple[Client, int, str]:
    client = Client()
    answer = client.post("/sign-in/", {"username": username, "password": password})
    return client, answer.status_code, answer.content.decode()


def test_the_directorys_password_opens_the_persons_own_account(set_up: None) -> None:
    an = make_an()
    client, status, _page = enter("an", "mat-khau-cua-thu-muc")
    assert status == 302
    assert client.get("/").status_code == 200
    assert StaffSession.objects.get(user=an).method == "ldap"
    assert enter("an", "wrong")[1] == 422


def test_the_directorys_groups_give_and_end_roles(set_up: None) -> None:
    an = make_an()
    surgery = make_department(an.facility, "K19", "Khoa Ngoại")
    GroupRole.objects.create(facility=an.facility, group="BAC-SI-NGOAI", role="doctor", department=surgery)
    mapping = GroupRole.objects.create(
        facility=an.facility,
        group="another",
        role="doctor",
        department=an.practitioner_roles.get().department,
    )
    assert enter("an", "mat-khau-cua-thu-muc")[1] == 302
    now_held = PractitionerRole.objects.filter(user=an, ends_at=None)
    assert [held.department for held in now_held] == [surgery]
    mapping.delete()
    client, _status, _page = enter("an", "mat-khau-cua-thu-muc")
    assert client.get("/").status_code == 200, "nothing changed, so nothing ended"


def test_nobody_becomes_a_member_of_staff_by_the_directory(set_up: None) -> None:
    assert enter("la", "mat-khau-cua-thu-muc")[1] == 422


@pytest.mark.parametrize("username", ["*", "an)(uid=*", "an,ou=people", "a\\n", "an\x00", "*)(objectClass=*"])
def test_a_username_is_no_filter(set_up: None, username: str) -> None:
    """S-32 in spirit: what is typed stays a name."""
    make_an()
    assert directory.ask(username, "mat-khau-cua-thu-muc") is None


def test_no_password_is_no_password(set_up: None) -> None:
    """An empty one would bind as nobody, and succeed."""
    assert directory.ask("an", "") is None


def test_a_directory_that_shows_the_wrong_certificate_is_not_asked(
    set_up: None, settings: Any, tmp_path: Path
) -> None:
    settings.EMR_LDAP_CA = str(certificate(tmp_path))
    with pytest.raises(directory.DirectoryDown):
        directory.ask("an", "mat-khau-cua-thu-muc")


def test_while_the_directory_is_away_local_passwords_work_and_the_page_says_so(settings: Any) -> None:
    settings.EMR_LDAP_URL = f"ldaps://127.0.0.1:{free_port()}"
    settings.EMR_LDAP_BIND, settings.EMR_LDAP_BASE = "{username}@benhvien.vn", BASE
    make_binh()
    assert enter("binh", "benhanmo")[1] == 302
    _client, status, page = enter("binh", "mat-khau-cua-thu-muc")
    assert status == 422
    assert "Thư mục của bệnh viện không trả lời" in page
