"""Files that others certified (DocMDP): what they permit counts, and nothing but signatures passes after a signature."""

from collections.abc import Callable
from functools import cache
from io import BytesIO

import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.certificates.authority import Issued
from signatures.verification.report import verify_pdf
from signatures.verification.verdicts import INVALID_REASONS, Report, Verdict
from tests.signatures import support
from tests.signatures.verification import corpus

_FIRST, _SECOND = (50, 600, 220, 660), (250, 600, 420, 660)


def _binh() -> Issued:
    return support.person("Trần Thị Bình", "NV002", "BSCKI.")


def _sign(
    pdf: bytes, issued: Issued, name: str, *, box: tuple[int, int, int, int] | None, **how: object
) -> bytes:
    """By stock pyHanko; `later` are fields made beforehand, without `box` the field is there already."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for other, place in how.pop("later", {}).items():  # type: ignore[attr-defined]
        fields.append_signature_field(writer, SigFieldSpec(other, on_page=0, box=place))
    known = SimpleCertificateStore()
    known.register(x509.Certificate.load(support.authority().issuing.public_bytes(support.DER)))
    private = issued.key.private_bytes(
        support.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(issued.certificate.public_bytes(support.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=known,
    )
    what = signers.PdfSignatureMetadata(
        field_name=name, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", **how
    )
    output = BytesIO()
    place = SigFieldSpec(name, on_page=0, box=box) if box is not None else None
    signers.PdfSigner(what, signer, new_field_spec=place).sign_pdf(writer, output=output)
    return output.getvalue()


@cache
def certified(permission: MDPPerm = MDPPerm.FILL_FORMS) -> bytes:
    """Signed by An, who allows what `permission` says; a place for Bình is there."""
    return _sign(
        support.base_pdf(),
        support.person(),
        "First",
        box=_FIRST,
        later={"Second": _SECOND},
        certify=True,
        docmdp_permissions=permission,
    )


@cache
def certified_and_signed() -> bytes:
    """Bình has signed in the place made for it."""
    return _sign(certified(), _binh(), "Second", box=None)


def _verify(pdf: bytes) -> Report:
    return verify_pdf(pdf, roots=support.roots())


def test_a_signature_in_the_place_made_for_it_is_what_the_first_one_allowed() -> None:
    report = _verify(certified_and_signed())
    assert report.verdict == Verdict.VALID
    assert [one.modification for one in report.signatures] == ["form_filling", "none"]
    assert [one.permits for one in report.signatures] == ["fill_forms", ""]


def test_a_place_made_after_certifying_is_refused_as_stock_readers_do() -> None:
    """Why our own first signatures certify nothing: decision 0032."""
    report = _verify(_sign(certified(), _binh(), "Third", box=(50, 300, 220, 360)))
    assert report.verdict == Verdict.INVALID
    assert "modified" in report.signatures[0].problems


def test_nothing_at_all_may_follow_where_the_first_one_said_so() -> None:
    closed = certified(MDPPerm.NO_CHANGES)
    assert _verify(closed).verdict == Verdict.VALID
    report = _verify(support.sign(closed, _binh(), step=2, name="BSCKI. Trần Thị Bình"))
    assert (report.verdict, report.signatures[0].permits) == (Verdict.INVALID, "no_changes")
    assert "modified" in report.signatures[0].problems


def test_what_is_only_certified_may_not_be_written_upon() -> None:
    """Level 3 allows annotations; over a record nothing but signatures may come, whatever the file allows."""
    open_to_notes = _sign(
        support.base_pdf(),
        support.person(),
        "First",
        box=_FIRST,
        certify=True,
        docmdp_permissions=MDPPerm.ANNOTATE,
    )
    assert _verify(open_to_notes).verdict == Verdict.VALID
    assert _verify(corpus.annotation_added(open_to_notes)).verdict == Verdict.INVALID


@pytest.mark.parametrize("forge", corpus.FORGERIES, ids=lambda forge: forge.__name__)
@pytest.mark.parametrize("make", [certified, certified_and_signed], ids=["certified", "and-signed"])
def test_no_forgery_of_a_certified_file_is_valid(
    make: Callable[[], bytes], forge: Callable[[bytes], bytes]
) -> None:
    """S-43, S-44, S-45: every attack of the corpus, once more after certification."""
    report = _verify(forge(make()))
    assert report.verdict == Verdict.INVALID
    named = {*report.problems, *(problem for one in report.signatures for problem in one.problems)}
    assert named & INVALID_REASONS
