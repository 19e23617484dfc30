"""F-25: signed first, raised to B-LT and B-LTA later, without a person; with a real authority, off and on."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from emr.audit.models import AuditEvent
from emr.outbox.models import OutboxEvent
from encounters.documents.models import DocumentBytes
from signatures.certificates.selectors import certificate_of
from signatures.preserving import selectors, services
from signatures.preserving.health import trouble
from signatures.preserving.models import Preservation
from signatures.preserving.services import planning, raising
from signatures.providers.base import Pin
from signatures.signing import services as signing
from signatures.signing.models import SigningRequest
from signatures.verification import answers
from signatures.verification.report import verify_pdf
from signatures.verification.services import trusted_roots, verify_upload
from signatures.verification.verdicts import Report, Verdict
from tests.emr.people import make_an, make_facility, make_user
from tests.signatures import pki, support
from tests.signatures.records import PIN, deliver_all, make_ready, newest_pdf
from tests.support.verapdf import broken_clauses

pytestmark = [pytest.mark.django_db, pytest.mark.peer]


def _sign(request: SigningRequest) -> SigningRequest:
    with transaction.atomic():
        (outcome,) = signing.sign_requests(
            shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer
        )
    assert outcome.is_signed, outcome.problem
    deliver_all()
    request.refresh_from_db()
    return request


def _sweep() -> int:
    asked = services.ask_for_raising()
    deliver_all()
    return asked


def _plan() -> int:
    return services.plan_ahead(facility_id=make_facility().pk)


def _row() -> Preservation:
    return Preservation.objects.get()


def _report(request: SigningRequest, at: dt.datetime | None = None) -> Report:
    return verify_pdf(newest_pdf(request.version), roots=trusted_roots(), at=at)


def _revisions(request: SigningRequest) -> int:
    return DocumentBytes.objects.filter(version=request.version).count()


def test_ocsp_is_away_then_back(authority: pki.Authority, tmp_path: Path) -> None:
    authority.down = {"ocsp", "crls"}
    request = _sign(make_ready(pki.with_key(authority, "an")))
    signed = newest_pdf(request.version)
    assert request.level == "B-T"
    assert (_report(request).verdict, _report(request).signatures[0].problems) == (
        Verdict.UNKNOWN,
        ["revocation_unchecked"],
    ), "indeterminate is never shown as valid"
    assert _sweep() == 1
    row = _row()
    assert (row.problem, row.attempts, row.level) == ("unreachable", 1, "B-T")
    assert row.next_try_at is not None and _sweep() == 0, "it isn't asked again at once"
    assert newest_pdf(request.version) == signed
    authority.down = set()
    Preservation.objects.update(next_try_at=support.NOW)
    assert _sweep() == 1
    request.refresh_from_db()
    row = _row()
    assert (request.level, row.level, row.problem, row.next_try_at) == ("B-LTA", "B-LTA", "", None)
    assert newest_pdf(request.version).startswith(signed), "not a byte of what was signed is touched"
    report = _report(request)
    signature, archive = report.signatures
    assert (report.verdict, archive.kind) == (Verdict.VALID, "timestamp")
    assert (signature.revocation, signature.revocation_by) == ("good", "ocsp")
    assert signature.chain == ["Nguyễn Văn An", "CA cấp phép", "CA gốc"]
    assert row.protected_until == dt.datetime(2032, 1, 1, tzinfo=dt.UTC)
    assert _revisions(request) == 3, "rendered, signed, archived; each is a row, the older ones stay"
    assert AuditEvent.objects.filter(action="signature.preserve").count() == 1
    assert _sweep() == 0
    file = tmp_path / "archived.pdf"
    file.write_bytes(newest_pdf(request.version))
    assert broken_clauses(file, flavour="3u") == ""
    years_later = dt.datetime(2031, 6, 1, tzinfo=dt.UTC)
    late = _report(request, at=years_later)
    assert (late.verdict, late.signatures[0].level) == (Verdict.VALID, "B-LTA"), (
        "certificate and OCSP have ended"
    )


def test_lists_serve_where_ocsp_is_away(authority: pki.Authority) -> None:
    authority.down = {"ocsp"}
    request = _sign(make_ready(pki.with_key(authority, "an")))
    _sweep()
    assert (_row().level, _report(request).signatures[0].revocation_by) == ("B-LTA", "crl")


def test_without_timestamps_the_level_is_b_lt_and_rises_when_they_return(authority: pki.Authority) -> None:
    request = _sign(make_ready(pki.with_key(authority, "an")))
    authority.down = {"tsa"}
    _sweep()
    row = _row()
    assert (row.level, row.problem) == ("B-LT", "unreachable")
    assert _report(request).verdict == Verdict.VALID
    authority.down = set()
    Preservation.objects.update(next_try_at=support.NOW)
    _sweep()
    assert (_row().level, _row().problem) == ("B-LTA", "")


def test_signed_with_everything_away_ends_up_archived_by_the_clock_alone(authority: pki.Authority) -> None:
    """B-B, stamped, proven, sealed: nobody touches anything."""
    authority.down = {"tsa", "ocsp", "crls"}
    request = _sign(make_ready(pki.with_key(authority, "an")))
    assert (request.level, _sweep()) == ("B-B", 0)
    authority.down = set()
    signing.ask_for_timestamps(1)
    deliver_all()
    _sweep()
    request.refresh_from_db()
    assert (request.level, _report(request).verdict) == ("B-LTA", Verdict.VALID)


def test_the_first_answer_ends_the_others_pauses(authority: pki.Authority) -> None:
    an = pki.with_key(authority, "an")
    authority.down = {"ocsp", "crls"}
    requests = [_sign(make_ready(an)) for _ in range(3)]
    _sweep()
    assert set(Preservation.objects.values_list("problem", flat=True)) == {"unreachable"}
    authority.down = set()
    Preservation.objects.filter(version=requests[0].version).update(next_try_at=support.NOW)
    _sweep()
    assert set(Preservation.objects.values_list("level", "problem")) == {("B-LTA", "")}


def test_revoked_before_signing_comes_to_light_and_is_never_valid(authority: pki.Authority) -> None:
    """F-26: the hospital didn't know; the authority did."""
    request = _sign(
        make_ready(
            pki.with_key(
                authority,
                "chi",
                make_user("chi", "Lê Thị Chi", "doctor", make_an().practitioner_roles.get().department),
            )
        )
    )
    _sweep()
    assert (_row().problem, _row().level) == ("revoked", "B-T")
    report = _report(request)
    assert (report.verdict, report.signatures[0].problems) == (Verdict.INVALID, ["revoked"])
    assert report.signatures[0].revoked_at == pki.REVOKED_SINCE
    assert "verify_signatures" in trouble(), "somebody is told"


def test_the_night_renews_an_archive_before_it_ends(
    authority: pki.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _sign(make_ready(pki.with_key(authority, "an")))
    _sweep()
    assert _plan() == 0, "years are left"
    monkeypatch.setattr(selectors, "RENEW_BEFORE", dt.timedelta(days=365 * 8))
    monkeypatch.setattr(raising, "RENEW_BEFORE", dt.timedelta(days=365 * 8))
    assert _plan() == 1
    _sweep()
    assert (_row().problem, _revisions(request)) == ("no_better", 3), (
        "the same authority's would last no longer"
    )
    Preservation.objects.update(next_try_at=support.NOW)
    monkeypatch.setattr(raising, "_is_better", lambda _sealed, _before: True)
    _sweep()
    report = _report(request)
    assert [one.kind for one in report.signatures] == ["signature", "timestamp", "timestamp"]
    assert (report.verdict, report.signatures[0].level, _revisions(request)) == (Verdict.VALID, "B-LTA", 4)


def test_two_signers_are_archived_together_and_the_second_isnt_disturbed(authority: pki.Authority) -> None:
    an = pki.with_key(authority, "an")
    first = make_ready(an)
    department = first.version.document.department
    binh = pki.with_key(
        authority, "binh", make_user("binh", "Trần Thị Bình", "head_of_department", department)
    )
    signing.request_countersignature(version=first.version, signer=binh, by=an)
    _sign(first)
    assert _sweep() == 0, "Bình is looking at it"
    second = SigningRequest.objects.get(signer=binh)
    _sign(second)
    assert _sweep() == 1
    assert set(SigningRequest.objects.values_list("level", flat=True)) == {"B-LTA"}
    assert _report(first).verdict == Verdict.VALID


def test_somebody_signs_while_authorities_are_asked(authority: pki.Authority) -> None:
    """The signature was made over the present PDF: what was gathered gives way and comes later."""
    an = pki.with_key(authority, "an")
    first = _sign(make_ready(an))
    raised = services.raise_level(preservation_id=_row().pk)
    assert raised is not None and raised.pdf is not None
    department = first.version.document.department
    binh = pki.with_key(
        authority, "binh", make_user("binh", "Trần Thị Bình", "head_of_department", department)
    )
    second = signing.request_countersignature(version=first.version, signer=binh, by=an)
    deliver_all()
    second.refresh_from_db()
    _sign(second)
    assert services.keep_raised(raised) is None
    _sweep()
    assert set(SigningRequest.objects.values_list("level", flat=True)) == {"B-LTA"}


def test_an_authority_that_publishes_nothing_leaves_b_t(authority: pki.Authority, settings: Settings) -> None:
    settings.EMR_DEMO = True
    from tests.signatures.records import make_signer  # noqa: PLC0415

    request = _sign(make_ready(make_signer()))
    _sweep()
    row = _row()
    assert (request.level, row.level, row.problem, row.next_try_at) == ("B-T", "B-T", "unpublished", None)
    assert _report(request).verdict == Verdict.VALID


def test_what_was_signed_before_is_taken_in_by_night_and_a_long_wait_is_told(
    authority: pki.Authority,
) -> None:
    request = _sign(make_ready(pki.with_key(authority, "an")))
    Preservation.objects.all().delete()
    assert _plan() == 1
    assert trouble() == ""
    Preservation.objects.update(problem="unreachable")
    SigningRequest.objects.filter(pk=request.pk).update(completed_at=support.NOW - dt.timedelta(hours=25))
    assert trouble() != ""
    assert certificate_of(request.signer) is not None


def test_whoever_checks_a_file_without_proof_has_its_authority_asked(
    authority: pki.Authority, settings: Settings
) -> None:
    """Valid now, on the authority's word of now; the level stays what the file proves."""
    for stamped in (False, True):
        pdf = authority.sign("an", stamped=stamped)
        report, _kept = verify_upload(pdf)
        assert (report.verdict, report.signatures[0].level) == (Verdict.VALID, "B-T" if stamped else "B-B")
        assert report.signatures[0].revocation_by == "ocsp"
    authority.down = {"ocsp", "crls"}
    answers._kept.clear()
    assert verify_upload(pdf)[0].verdict == Verdict.UNKNOWN
    authority.down = set()
    assert verify_upload(authority.sign("chi"))[0].signatures[0].problems == ["revoked"]
    settings.EMR_TRUST_ROOTS, asked = "", len(authority.asked)
    assert verify_upload(pdf)[0].verdict == Verdict.UNKNOWN
    assert len(authority.asked) == asked, "nobody is asked whom no trusted root leads to"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:9/x"])
def test_what_isnt_http_or_doesnt_answer_is_no_answer(address: str) -> None:
    """S-40."""
    with pytest.raises(answers.NoAnswer):
        answers._fetch(address, None, {}, most=100)


def test_an_answer_too_long_is_none(authority: pki.Authority) -> None:
    """S-35."""
    with pytest.raises(answers.NoAnswer, match="too long"):
        answers._fetch(f"{authority.address}/pki/crls/interm/latest.crl", None, {}, most=100)


def test_nothing_is_asked_of_the_outbox_twice(authority: pki.Authority) -> None:
    _sign(make_ready(pki.with_key(authority, "an")))
    services.ask_for_raising()
    services.ask_for_raising()
    assert OutboxEvent.objects.filter(topic=planning.TOPIC).count() == 1
