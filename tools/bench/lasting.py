"""(k), continued: level B-LTA against pyHanko's PdfSigner, memory over many signatures, a batch by two workers.

B-LTA: the same page, key, authority and block as in `levels`; OCSP, lists and timestamps come from one process of their own.
The loop lets pyHanko fetch and embed what it validates and add its document timestamp (`use_pades_lta`), with a fresh
validation context for each document, since an answer older than the signature proves nothing about it. Ours signs at B-T
and raises, and verifies the file before and after, which the loop doesn't.
"""

import contextlib
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench import levels
from tools.bench.report import Report

ROUNDS, WARM = 9, 2
BATCH, EACH_MB = 500, 4.0


def measure(report: Report) -> None:
    """All three."""
    with _authority() as (address, keys):
        ours, stock = (1000 * side for side in compare(address, keys))
    what = "visible signature B-LTA, signer's CPU; times faster than PdfSigner"
    report.add("k", what, f"{ours:.0f} ms", f"{stock:.0f} ms", stock / ours, 1.3, at_least=True)
    grown = memory(BATCH)
    report.add("k", f"memory over {BATCH} signatures", f"+{grown:.1f} MB", "", grown, EACH_MB)
    one, two = batch(1), batch(2)
    what = f"{BATCH} signatures by 2 workers; times faster than by one"
    report.add("k", what, f"{two:.1f} s", f"{one:.1f} s", one / two, 1.4, at_least=True)


@dataclass(frozen=True)
class _Keys:
    """As `levels.signer` gives them: `issuing` beside `key` and `certificate`; and whom to trust."""

    issuing: Any
    key: Any
    certificate: Any
    root: bytes


@contextlib.contextmanager
def _authority() -> Iterator[tuple[str, _Keys]]:
    """(address of its timestamps, An's key), trusted by this instance while the block runs."""
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    from tests.signatures.pki import PASSPHRASE  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="emr-pki-") as name:
        folder = Path(name)
        process = subprocess.Popen([sys.executable, "-m", "tools.bench.authority", name])
        try:
            deadline = time.monotonic() + 180
            while not (folder / "address").exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the authority didn't start")
                time.sleep(0.05)
            key, certificate, others = pkcs12.load_key_and_certificates(
                (folder / "an.p12").read_bytes(), PASSPHRASE
            )
            kept = settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS
            settings.EMR_TSA_URL = (folder / "address").read_text()
            settings.EMR_TRUST_ROOTS = str(folder / "roots")
            try:
                root = (folder / "root.der").read_bytes()
                yield settings.EMR_TSA_URL, _Keys(others[0], key, certificate, root)
            finally:
                settings.EMR_TSA_URL, settings.EMR_TRUST_ROOTS = kept
        finally:
            process.kill()
            process.wait()


def compare(address: str, keys: _Keys) -> tuple[float, float]:
    """(seconds of CPU of ours, of pyHanko's) for one document at B-LTA, the median; in turn, so that noise meets both."""
    from signatures.signing import hexstrings  # noqa: PLC0415

    stock = stock_signer(address, keys)

    def as_shipped() -> bytes:
        with hexstrings.as_shipped():
            return stock()

    sides = [lambda: sign_ours(address, keys), as_shipped]
    times: list[list[float]] = [[], []]
    for round_ in range(WARM + ROUNDS):
        for side, one in enumerate(sides):
            began = time.process_time()
            one()
            if round_ >= WARM:
                times[side].append(time.process_time() - began)
    return median(times[0]), median(times[1])


def sign_ours(address: str, keys: _Keys) -> bytes:
    """Signed at B-T, then raised, as the worker does it. Raises RuntimeError when it isn't B-LTA then."""
    from signatures.preserving.services.raising import raise_bytes  # noqa: PLC0415

    signed = levels.sign_ours(address, (keys, keys))
    raised = raise_bytes(signed, preservation_id=0, revision=1, wanted="B-LTA")
    if raised.level != "B-LTA" or raised.pdf is None:
        raise RuntimeError(f"{raised.level} {raised.problem}")
    return raised.pdf


def stock_signer(address: str, keys: _Keys) -> Callable[[], bytes]:
    """pyHanko's own way to the same level."""
    from asn1crypto import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    issuing = x509.Certificate.load(keys.issuing.public_bytes(Encoding.DER))
    root = x509.Certificate.load(keys.root)

    def metadata() -> dict[str, Any]:
        context = ValidationContext(
            trust_roots=[root], other_certs=[issuing], allow_fetching=True, revocation_mode="hard-fail"
        )
        return {"embed_validation_info": True, "use_pades_lta": True, "validation_context": context}

    return levels.stock_signer(address, (keys, keys), metadata)


def memory(count: int) -> float:
    """MB by which this process has grown after so many signatures, the first hundred left out."""
    import psutil  # noqa: PLC0415

    process = psutil.Process()

    def used() -> float:
        gc.collect()
        return float(process.memory_full_info().uss) / 1024**2

    for _number in range(100):
        levels.sign_ours("")
    before = used()
    for _number in range(count):
        levels.sign_ours("")
    return used() - before


def batch(workers: int) -> float:
    """Seconds until so many workers have prepared, signed and embedded the batch between them, all warm."""
    context = get_context("spawn")
    ready, done = context.Barrier(workers + 1), context.Barrier(workers + 1)
    children = [
        context.Process(target=_child, args=(BATCH // workers, ready, done)) for _number in range(workers)
    ]
    for child in children:
        child.start()
    ready.wait(600)
    began = time.perf_counter()
    done.wait(600)
    seconds = time.perf_counter() - began
    for child in children:
        child.join()
    return seconds


def _child(count: int, ready: Any, done: Any) -> None:
    import django  # noqa: PLC0415

    django.setup()
    for _number in range(3):
        levels.sign_ours("")
    ready.wait(600)
    for _number in range(count):
        levels.sign_ours("")
    done.wait(600)
