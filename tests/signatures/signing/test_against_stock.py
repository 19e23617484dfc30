"""What our fast way writes and what pyHanko's PdfSigner writes are one kind of file: in structure, to three judges."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pytest_django.fixtures import Settings

from tests.signatures import support, tsa
from tools.bench import levels

pytestmark = pytest.mark.xdist_group("against_stock")  # cutting the font is most of the work


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A timestamp authority's address, and the folder with its root."""
    folder = tmp_path_factory.mktemp("tsa")
    with tsa.running(folder) as (address, _root):
        yield address, folder / "roots"


@pytest.fixture(params=["B-B", "B-T"])
def pair(request: pytest.FixtureRequest, authority: tuple[str, Path], settings: Settings) -> Any:
    """(ours, stock's) at one level, over the same page by the same key."""
    address = ""
    if request.param == "B-T":
        address, roots = authority
        settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = address, str(roots)
    return levels.sign_ours(address), levels.stock_signer(address)()


def _signature(pdf: bytes) -> Any:
    (found,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    return found


def _structure(pdf: bytes) -> dict[str, object]:
    """What a reader goes by: names and kinds, not values. Their order in a SET is DER's and says nothing."""
    found = _signature(pdf)
    data = found.signed_data
    (signer,) = data["signer_infos"]
    unsigned = signer["unsigned_attrs"]
    return {
        "field": {"/FT", "/T", "/V", "/AP", "/Rect", "/P", "/Subtype"} - set(found.sig_field),
        "filters": (found.sig_object["/Filter"], found.sig_object["/SubFilter"]),
        "dictionary": set(found.sig_object) - {"/Prop_Build", "/Location", "/ContactInfo", "/Type"},
        "ranges": (len(found.byte_range), found.byte_range[0]),
        "version": data["version"].native,
        "digests": [one["algorithm"].native for one in data["digest_algorithms"]],
        "content": (
            data["encap_content_info"]["content_type"].native,
            data["encap_content_info"]["content"].native,
        ),
        "certificates": sorted(one.chosen.sha256_fingerprint for one in data["certificates"]),
        "signer": (signer["version"].native, signer["sid"].name, signer["sid"].native),
        "algorithms": (
            signer["digest_algorithm"]["algorithm"].native,
            signer["signature_algorithm"]["algorithm"].native,
        ),
        "signed": {one["type"].native for one in signer["signed_attrs"]},
        "unsigned": {one["type"].native for one in unsigned} if unsigned else set(),
    }


@pytest.mark.peer
def test_the_two_are_of_one_structure_and_pyhanko_and_pdfsig_accept_both(
    pair: tuple[bytes, bytes], authority: tuple[str, Path], tmp_path: Path, need_tool: Any
) -> None:
    ours, stock = pair
    assert _structure(ours) == _structure(stock)
    trial, _issued = levels.signer()
    roots = list(load_certs_from_pemder_data(trial.root.public_bytes(serialization.Encoding.PEM)))
    _address, folder = authority
    has_time = "signature_time_stamp_token" in str(_structure(ours)["unsigned"])
    extra = list(load_certs_from_pemder_data((folder / "time.pem").read_bytes())) if has_time else []
    for name, pdf in (("ours", ours), ("stock", stock)):
        context = ValidationContext(trust_roots=[*roots, *extra], allow_fetching=False)
        status = validate_pdf_signature(_signature(pdf), context)
        assert status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE, name
        assert (status.timestamp_validity is not None) == bool(extra)
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(pdf)
        told = subprocess.run([need_tool("pdfsig", "poppler-utils"), file], capture_output=True, check=False)
        assert b"Signature is Valid." in told.stdout, name


@pytest.mark.peer
def test_openssl_accepts_both_containers(pair: tuple[bytes, bytes], tmp_path: Path, need_tool: Any) -> None:
    trial, _issued = levels.signer()
    (tmp_path / "root.pem").write_bytes(trial.root.public_bytes(serialization.Encoding.PEM))
    for pdf in pair:
        found = _signature(pdf)
        start, length, second, rest = (int(number) for number in found.byte_range)
        (tmp_path / "content").write_bytes(pdf[start : start + length] + pdf[second : second + rest])
        (tmp_path / "cms").write_bytes(found.pkcs7_content)
        words = ["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", tmp_path / "cms"]
        words += ["-content", tmp_path / "content", "-out", tmp_path / "out", "-purpose", "any"]
        told = support.run(need_tool("openssl", "openssl"), *words, "-CAfile", tmp_path / "root.pem")
        assert "successful" in told
