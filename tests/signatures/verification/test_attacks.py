"""Known attacks, each with a file made under an authority that the hospital trusts, archived where that helps the attacker.

S-43, S-44, S-45, S-49.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asn1crypto import crl as crls
from asn1crypto import ocsp as ocsps
from asn1crypto import x509 as der
from certomancer.registry import ServiceLabel
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from django.test import override_settings
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signatures.preserving import gathering
from signatures.preserving.services.raising import _archive
from signatures.signing import pades
from signatures.verification import answers
from signatures.verification.cage import as_json, from_json
from signatures.verification.report import verify_pdf
from signatures.verification.verdicts import INVALID_REASONS, Report, Verdict
from tests.signatures import pki, support, tsa
from tests.signatures.verification import corpus

pytestmark = pytest.mark.peer
DER = serialization.Encoding.DER


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Files of An's, honest, and of Chi's, whose certificate was revoked the year before; the authority is still there."""
    folder = tmp_path_factory.mktemp("pki")
    with pki.running(folder) as authority:
        named = override_settings(
            EMR_TSA_URL=authority.tsa, EMR_TRUST_ROOTS=str(folder / "roots"), EMR_DEMO=False, EMR_HOME=folder
        )
        with named:
            stamped, revoked = authority.sign("an"), authority.sign("chi")
            proven = _proven(stamped, authority)
            archived = _archive(proven, 2)
        yield SimpleNamespace(
            authority=authority,
            named=named,
            roots=[authority.root],
            stamped=stamped,
            proven=proven,
            archived=archived,
            revoked=revoked,
        )


def _proven(pdf: bytes, authority: pki.Authority) -> bytes:
    found = gathering.gather(pdf, verify_pdf(pdf, roots=[authority.root]), roots=[authority.root])
    assert found.problem == ""
    return _with(pdf, found.evidence.certificates, found.evidence.responses, found.evidence.lists)


def _with(pdf: bytes, certificates: Any = (), responses: Any = (), lists: Any = ()) -> bytes:
    return pades.append_evidence(pdf, certificates=certificates, responses=responses, lists=lists)


def _verify(pdf: bytes, made: SimpleNamespace) -> Report:
    report = verify_pdf(pdf, roots=made.roots)
    assert from_json(as_json(report)) == report, "and it leaves the cage whole"
    return report


def _named(report: Report) -> set[str]:
    return {*report.problems, *(code for one in report.signatures for code in one.problems)}


def test_the_honest_files_reach_their_levels(made: SimpleNamespace, tmp_path: Path) -> None:
    levels = [_verify(pdf, made).signatures[0].level for pdf in (made.stamped, made.proven, made.archived)]
    assert levels == ["B-T", "B-LT", "B-LTA"]
    assert _verify(made.proven, made).verdict == _verify(made.archived, made).verdict == Verdict.VALID
    assert _verify(made.stamped, made).verdict == Verdict.UNKNOWN, "revocation isn't proven"
    file = tmp_path / "archived.pdf"
    file.write_bytes(made.archived)
    assert "Signature is Valid" in support.run("pdfsig", "-nocert", file), (
        "another program's word on integrity"
    )


@pytest.mark.parametrize("forge", corpus.FORGERIES, ids=lambda forge: forge.__name__)
def test_no_forgery_of_an_archived_file_is_valid(
    made: SimpleNamespace, forge: Callable[[bytes], bytes]
) -> None:
    report = _verify(forge(made.archived), made)
    assert report.verdict != Verdict.VALID
    assert _named(report) & INVALID_REASONS


def test_revoked_before_signing(made: SimpleNamespace) -> None:
    report = _verify(_proven(made.revoked, made.authority), made)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.INVALID, ["revoked"])
    assert report.signatures[0].revoked_at == pki.REVOKED_SINCE


def test_a_revocation_left_out_of_a_later_store_still_counts(made: SimpleNamespace) -> None:
    told = _proven(made.revoked, made.authority)

    def empty(writer: Any) -> None:
        store = writer.root["/DSS"]
        store[pdf_name("/OCSPs")] = generic.ArrayObject()
        writer.update_container(store)

    report = _verify(corpus._update(told, empty), made)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.INVALID, ["revoked"])


def test_an_answer_from_before_the_revocation_proves_nothing(made: SimpleNamespace) -> None:
    """Genuine, "good", and a year old: it says nothing of the day of signing."""
    held = made.authority
    question = ocsp.OCSPRequestBuilder().add_certificate(
        held.certificate("chi"),
        held.certificate("interm"),
        hashes.SHA1(),  # noqa: S303 -- as RFC 6960 names certificates
    )
    responder = held.architecture.service_registry.summon_responder(
        ServiceLabel("interm"), at_time=pki.REVOKED_SINCE - dt.timedelta(days=1)
    )
    responder.validity = dt.timedelta(days=3650)  # and not out of date by its own word
    asked = ocsps.OCSPRequest.load(question.build().public_bytes(DER))
    old = responder.build_ocsp_response(asked)
    above = answers.list_for(held.certificate("interm"), since=None)
    forged = _with(
        made.revoked, [_der(held.certificate("interm"))], [ocsps.OCSPResponse.load(old.dump())], [above]
    )
    report = _verify(forged, made)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.UNKNOWN, ["revocation_unchecked"])


def test_a_response_that_brings_its_own_signer_proves_nothing(made: SimpleNamespace) -> None:
    """Genuine as far as it goes, but of nobody whom the authority lets speak for it."""
    held, stranger = made.authority, ec.generate_private_key(ec.SECP256R1())
    issuer = held.certificate("interm")
    own = _named_like(issuer, stranger)
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            *(held.certificate("an"), issuer, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD),
            *(support.NOW, support.NOW + dt.timedelta(days=9), None, None),
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, own)
        .certificates([own])
        .sign(stranger, hashes.SHA256())
    )
    forged = _with(made.stamped, [_der(issuer)], [ocsps.OCSPResponse.load(answer.public_bytes(DER))])
    report = _verify(forged, made)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.UNKNOWN, ["revocation_unchecked"])


@pytest.mark.parametrize("kind", ["flipped", "strangers", "list of a stranger's", "no answer at all"])
def test_a_forged_store_is_refused(made: SimpleNamespace, kind: str) -> None:
    held = made.authority
    issuer = held.certificate("interm")
    stranger = ec.generate_private_key(ec.SECP256R1())
    today = support.NOW
    if kind == "flipped":
        good = answers.response_for(held.certificate("an"), issuer, since=None)
        signed = good.basic_ocsp_response["signature"].native
        forged = _with(
            made.stamped,
            responses=[ocsps.OCSPResponse.load(good.dump().replace(signed[-8:], signed[-8:-1] + b"?"))],
        )
    elif kind == "strangers":
        made_up = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                held.certificate("an"),
                issuer,
                hashes.SHA256(),
                ocsp.OCSPCertStatus.GOOD,
                today,
                None,
                None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, _named_like(issuer, stranger))
        )
        answer = made_up.sign(stranger, hashes.SHA256()).public_bytes(DER)
        forged = _with(made.stamped, [_der(issuer)], [ocsps.OCSPResponse.load(answer)])
    elif kind == "list of a stranger's":
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
        fake = (
            builder.last_update(today)
            .next_update(today + dt.timedelta(days=9))
            .sign(stranger, hashes.SHA256())
        )
        forged = _with(made.stamped, [], [], [crls.CertificateList.load(fake.public_bytes(DER))])
    else:
        forged = _with(made.stamped, [], [ocsps.OCSPResponse({"response_status": "try_later"})])
    report = _verify(forged, made)
    assert (report.verdict, report.problems) == (Verdict.INVALID, ["evidence"])


def _named_like(issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate of the forger's own key under the authority's name."""
    return (
        x509.CertificateBuilder()
        .subject_name(issuer.subject)
        .issuer_name(issuer.issuer)
        .public_key(key.public_key())
        .serial_number(issuer.serial_number)
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )


def test_a_page_hidden_in_the_store(made: SimpleNamespace) -> None:
    def change(writer: Any) -> None:
        writer.root["/DSS"][pdf_name("/Pages")] = writer.root.raw_get("/Pages")
        writer.update_container(writer.root["/DSS"])

    report = _verify(corpus._update(made.archived, change), made)
    assert report.verdict == Verdict.INVALID
    assert _named(report) & {"modified", "appended"}


def test_timestamps_of_an_authority_that_nobody_trusts(made: SimpleNamespace, tmp_path: Path) -> None:
    """In the signature, and around it: neither proves a time."""
    (tmp_path / "both").mkdir()
    with tsa.running(tmp_path) as (address, _root):
        pki_root, other = tmp_path / "both/pki.pem", tmp_path / "both/time.pem"
        pki_root.write_bytes(
            x509.load_der_x509_certificate(made.authority.root).public_bytes(serialization.Encoding.PEM)
        )
        other.write_bytes((tmp_path / "roots/time.pem").read_bytes())
        with override_settings(EMR_TSA_URL=address, EMR_TRUST_ROOTS=str(tmp_path / "both")):
            inside, around = made.authority.sign("an"), _archive(made.authority.sign("an", stamped=False), 1)
    assert around is not None
    first = _verify(inside, made)
    assert (first.verdict, first.signatures[0].level) == (Verdict.UNKNOWN, "B-B")
    assert "timestamp_untrusted" in first.signatures[0].problems
    second = _verify(around, made)
    assert (second.verdict, second.signatures[0].timestamped_at) == (Verdict.UNKNOWN, None)
    assert second.signatures[1].problems == ["timestamp_untrusted"]


def test_an_archive_moved_onto_another_file_proves_nothing(made: SimpleNamespace) -> None:
    """The tail of an archived file behind another signed file."""
    tail = made.archived[len(made.proven) :]
    report = _verify(made.stamped + tail, made)
    assert report.verdict == Verdict.INVALID


def _der(certificate: x509.Certificate) -> der.Certificate:
    return der.Certificate.load(certificate.public_bytes(DER))
