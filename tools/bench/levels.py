"""(k) One visible signature with Vietnamese letters, levels B-B and B-T, against pyHanko's PdfSigner in a loop.

Both sign the same page with the same key, the same certificates and a block of the same words, and ask the same
timestamp authority, which runs in a process of its own. Counted is the signer's own CPU time, warm. The loop keeps its
signer, its stamp's style and its font (cut beforehand, as ours is) from one document to the next.
"""

import contextlib
import datetime as dt
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.report import Report

ROUNDS, WARM = 15, 3
BOX = (340, 80, 540, 150)
NAME, TITLE, REASON = "BS. Nguyễn Văn An", "Bác sĩ điều trị, Khoa Nội", "Tôi lập tờ điều trị này"
_HTML = (
    '<html lang="vi"><head><meta charset="utf-8"><title>Tờ điều trị</title></head><body><h1>Tờ điều trị</h1>'
    "<p>Mạch 80 lần/phút, huyết áp 120/80 mmHg.</p></body></html>"
)


def measure(report: Report) -> None:
    """Both levels."""
    with timestamps() as address:
        for level, where in (("B-B", ""), ("B-T", address)):
            ours, stock = (1000 * side for side in compare(where))
            report.add(
                "k",
                f"visible signature {level}, signer's CPU; times faster than PdfSigner",
                f"{ours:.1f} ms",
                f"{stock:.0f} ms",
                stock / ours,
                5,
                at_least=True,
            )


def compare(address: str) -> tuple[float, float]:
    """(seconds of CPU of ours, of pyHanko's) for one document, the median; in turn, so that noise meets both."""
    sides = [lambda: sign_ours(address), stock_signer(address)]
    times: list[list[float]] = [[], []]
    for round_ in range(WARM + ROUNDS):
        for side, one in enumerate(sides):
            began = time.process_time()
            one()
            if round_ >= WARM:
                times[side].append(time.process_time() - began)
    return median(times[0]), median(times[1])


@contextlib.contextmanager
def timestamps() -> Iterator[str]:
    """The address of a timestamp authority that this instance trusts while the block runs."""
    from django.conf import settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="emr-tsa-") as name:
        folder = Path(name)
        process = subprocess.Popen([sys.executable, "-m", "tools.bench.time_authority", name])
        try:
            deadline = time.monotonic() + 60
            while not (folder / "address").exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the timestamp authority didn't start")
                time.sleep(0.05)
            kept = settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS
            settings.EMR_TSA_URL = (folder / "address").read_text()
            settings.EMR_TRUST_ROOTS = str(folder / "roots")
            try:
                yield settings.EMR_TSA_URL
            finally:
                settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = kept
        finally:
            process.kill()
            process.wait()


@cache
def page() -> bytes:
    """What is signed: one page, PDF/A-3u."""
    import weasyprint  # noqa: PLC0415

    return bytes(weasyprint.HTML(string=_HTML).write_pdf(pdf_variant="pdf/a-3u"))


@cache
def signer() -> Any:
    """(authority, key with certificate) for both sides."""
    from signatures.certificates.authority import create_authority, issue  # noqa: PLC0415

    today = dt.datetime.now(dt.UTC)
    trial = create_authority(today=today)
    issued = issue(
        trial, common_name="Nguyễn Văn An", identifier="NV001", title="BS.", organization="TTYT", today=today
    )
    return trial, issued


def sign_ours(address: str, keys: Any = None) -> bytes:
    """Prepare, sign, embed: what two workers and a request do between them. `keys`: as `signer` gives them."""
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    from signatures.providers.pkcs12 import SoftwareKey  # noqa: PLC0415
    from signatures.signing import cms, pades, timestamp  # noqa: PLC0415
    from signatures.signing.appearance import Block  # noqa: PLC0415

    trial, issued = keys or signer()
    own, chain = issued.certificate.public_bytes(Encoding.DER), [trial.issuing.public_bytes(Encoding.DER)]
    left, bottom, right, top = BOX
    prepared = pades.prepare(
        page(),
        field_name="Signature1",
        block=Block(NAME, TITLE, dt.datetime.now(dt.UTC), REASON, width=right - left, height=top - bottom),
        place=pades.Place(page=0, left=left, top=top),
        reserved=cms.reserve(certificate=own, chain=chain, with_timestamp=bool(address)),
    )
    attributes = cms.signed_attributes(prepared.digest, own)
    (value,) = SoftwareKey(issued.key).sign_digests([hashlib.sha256(attributes).digest()])
    token = timestamp.fetch_token(hashlib.sha256(value).digest()) if address else None
    container = cms.signed_data(
        attributes=attributes, signature=value, certificate=own, chain=chain, timestamp_token=token
    )
    return pades.embed(
        page() + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=container,
    )


def stock_signer(
    address: str, keys: Any = None, more: Callable[[], dict[str, Any]] = dict
) -> Callable[[], bytes]:
    """pyHanko's own way, with everything kept that its interface lets one keep. `more`: metadata of each document."""
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12  # noqa: PLC0415
    from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory  # noqa: PLC0415
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.pdf_utils.text import TextBoxStyle  # noqa: PLC0415
    from pyhanko.sign import signers  # noqa: PLC0415
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter  # noqa: PLC0415
    from pyhanko.sign.timestamps import HTTPTimeStamper  # noqa: PLC0415
    from pyhanko.stamp import TextStampStyle  # noqa: PLC0415

    trial, issued = keys or signer()
    folder = Path(tempfile.mkdtemp(prefix="emr-bench-"))
    (folder / "an.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"an", issued.key, issued.certificate, [trial.issuing], NoEncryption()
        )
    )
    (folder / "cut.ttf").write_bytes(_cut_font())
    keeper = signers.SimpleSigner.load_pkcs12(str(folder / "an.p12"))
    style = TextStampStyle(
        border_width=1,
        stamp_text=f"Người ký: {NAME}\nChức danh: {TITLE}\nThời gian ký: %(ts)s\nLý do: {REASON}",
        text_box_style=TextBoxStyle(font=GlyphAccumulatorFactory(str(folder / "cut.ttf")), font_size=8),
    )
    stamper = HTTPTimeStamper(address) if address else None

    def once() -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name="Signature1",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            name=NAME,
            reason=REASON,
            **more(),
        )
        output = signers.PdfSigner(
            metadata,
            signer=keeper,
            timestamper=stamper,
            stamp_style=style,
            new_field_spec=SigFieldSpec("Signature1", on_page=0, box=BOX),
        ).sign_pdf(IncrementalPdfFileWriter(BytesIO(page())), bytes_reserved=16384)
        return bytes(output.getvalue())

    return once


@cache
def _cut_font() -> bytes:
    """Noto Sans with the letters of this block alone, and the names that pyHanko wants to read in it."""
    import fontpkg_noto_sans  # noqa: PLC0415
    from fontTools import subset  # noqa: PLC0415
    from fontTools.ttLib import TTFont  # noqa: PLC0415
    from fontTools.varLib import instancer  # noqa: PLC0415

    with TTFont(fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf") as font:
        cutter = subset.Subsetter(subset.Options(layout_features=[], name_IDs=["*"]))
        cutter.populate(
            text=f"Người ký: {NAME} Chức danh: {TITLE} Thời gian ký: Lý do: {REASON} 0123456789+-UTC"
        )
        cutter.subset(font)  # first: setting the weight of thousands of letters takes ten seconds
        cut = BytesIO()
        instancer.instantiateVariableFont(font, {"wght": 400, "wdth": 100}).save(cut)
    return cut.getvalue()
