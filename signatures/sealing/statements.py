"""What a day's seal says, and whether a seal still holds. Knows the bytes, changes nothing."""

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

KIND = "benhanmo.audit-seal/1"
NONE_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a shard's chain: its place and hash."""

    shard: int
    sequence: int
    hash: str


def statement_of(day: dt.date, heads: Sequence[Head], *, before: str, sealed_at: dt.datetime) -> bytes:
    """The bytes that are sealed; `before` is the digest of the seal before, so that none can be taken out."""
    said = {
        "kind": KIND,
        "day": day.isoformat(),
        "sealed_at": sealed_at.astimezone(dt.UTC).isoformat(),
        "before": before,
        "heads": [[head.shard, head.sequence, head.hash] for head in heads],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def read_statement(statement: bytes) -> tuple[dict[str, str], list[Head]]:
    """(what is said of the day, the heads); ValueError when it is no statement of ours."""
    try:
        said = json.loads(statement)
        heads = [Head(*head) for head in said.pop("heads")]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("no statement") from error
    if said.get("kind") != KIND:
        raise ValueError("no statement")
    return said, heads


def signature_problem(data: bytes, signature: bytes, *, roots: Sequence[bytes], at: dt.datetime) -> str:
    """ "" when the seal's signature holds over the data and led to a trusted root at the instant; else why not."""
    from asn1crypto import cms, x509  # noqa: PLC0415 -- pyHanko costs every process 300 ms otherwise
    from pyhanko.sign.validation.generic_cms import async_validate_detached_cms  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )
    try:
        signed = cms.ContentInfo.load(signature)["content"]
        status = asyncio.run(
            async_validate_detached_cms(
                data,
                signed,
                signer_validation_context=context,
                key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}),
            )
        )
    except Exception as error:  # whatever can't be read is no signature
        return f"the seal's signature can't be read ({type(error).__name__})"
    if not (status.intact and status.valid):
        return "the seal's signature doesn't hold"
    return "" if status.trusted else "the seal isn't of an authority that this instance trusts"


def token_problem(token: bytes, signature: bytes, *, roots: Sequence[bytes]) -> str:
    """ "" when the timestamp token is one over this signature by a trusted authority; else why not."""
    from asn1crypto import cms, x509  # noqa: PLC0415
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data  # noqa: PLC0415
    from pyhanko.sign.validation.status import TimestampSignatureStatus  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    digest = hashlib.sha256(signature).digest()
    trusted = [x509.Certificate.load(root) for root in roots]
    try:
        signed = cms.ContentInfo.load(token)["content"]
        at = signed["encap_content_info"]["content"].parsed["gen_time"].native
        context = ValidationContext(trust_roots=trusted, allow_fetching=False, moment=at)
        found = asyncio.run(validate_tst_signed_data(signed, context, lambda _algorithm: digest))
        status = TimestampSignatureStatus(**found)
    except Exception as error:
        return f"the timestamp can't be read ({type(error).__name__})"
    fine = status.intact and status.valid and status.trusted
    return "" if fine else "the timestamp doesn't hold"
