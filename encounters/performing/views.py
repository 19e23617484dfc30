"""What a technician has to do, and the page on which it is done: laboratory and imaging, each behind its own right."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from emr.storage.strangers import kind_of
from encounters.orders.models import ServiceRequest
from encounters.performing import permissions, plates, selectors, services
from encounters.performing.access import KINDS, access_performed
from encounters.performing.services.entering import may_release_alone
from encounters.results.facts import AttachmentFacts
from encounters.results.models.reports import RELEASED

PAGE_SIZE = 50
LARGEST, MOST_FILES = 10 * 2**20, 10
_NAMES = {permissions.LABORATORY: "laboratory", permissions.IMAGING: "imaging"}


def _list(request: StaffRequest, right: str) -> HttpResponse:
    """Filters travel by POST: a name never stands in an address."""
    name = _NAMES[right]
    kept_as = f"performing_{name}"
    if request.method == "POST":
        request.session[kept_as] = {
            part: tidy(request.POST.get(part, ""))[:80] for part in ("state", "q", "page")
        }
        return redirect(f"encounters:performing:{name}")
    kept: dict[str, str] = request.session.get(kept_as, {})
    state = kept.get("state", "")
    state = state if state in selectors.STATES else ""
    words = kept.get("q", "")
    orders = selectors.worklist(request.user, right, KINDS[right], state, words)
    page = Paginator(orders, PAGE_SIZE).get_page(kept.get("page") or 1)
    record("order.performing", by=request.user, detail={"kind": name, "count": len(page.object_list)})
    context = {
        "page": page,
        "state": state,
        "states": selectors.STATES.items(),
        "words": words,
        "is_laboratory": right == permissions.LABORATORY,
        "list_url": f"encounters:performing:{name}",
        "enter_url": f"encounters:performing:enter_{name}",
    }
    return render(request, "encounters/performing/worklist.html", context)


def _page(
    request: StaffRequest, order: ServiceRequest, right: str, status: int = 200, **more: Any
) -> HttpResponse:
    held = selectors.held_report(order)
    name = _NAMES[right]
    is_released = held is not None and held.status in RELEASED
    may = request.user.has_right(permissions.RELEASE)
    is_own = held is not None and held.author_id == request.user.pk
    context: dict[str, Any] = {
        "order": order,
        "patient": order.patient.merged_into or order.patient,
        "held": held,
        "is_released": is_released,
        "may_release": may
        and held is not None
        and not is_released
        and (not is_own or may_release_alone(order)),
        "may_correct": may and is_released,
        "waits_for_second": held is not None and not is_released and is_own and not may_release_alone(order),
        "is_open": order.status in {"active", "on-hold"},
        # A value that was entered before the order was stopped is still somebody's to release.
        "is_left": held is not None and not is_released and order.status not in {"active", "on-hold"},
        "after_discharge": order.encounter.ended_at is not None,
        "is_laboratory": right == permissions.LABORATORY,
        "list_url": f"encounters:performing:{name}",
        "act_url": f"encounters:performing:act_{name}",
        "key": uuid.uuid4(),
        "posted": request.POST,
    }
    if right == permissions.LABORATORY:
        fields = selectors.fields_of(order)
        context["rows"] = _rows(request, fields, held)
        context |= plates.context_of(request, order, fields, held)
        context["suggestions"] = selectors.suggestions(order, held)
        context["added"] = list(selectors.added_to(order))
        context["free_text"] = request.POST.get("v-", "") or (
            held.findings.first().text if held is not None and held.findings.exists() else ""  # type: ignore[union-attr]  # exists
        )
    else:
        context |= _words(request, order, held)
    return render(request, "encounters/performing/enter.html", context | more, status=status)


def _rows(request: StaffRequest, fields: list[selectors.Field], held: Any) -> list[dict[str, Any]]:
    """Each analyte with what was typed, else what is held."""
    told: dict[str, str] = {}
    if held is not None:
        for finding in held.findings.filter(parent=None).exclude(flag="POS"):  # an isolate stands below
            number = f"{finding.number.normalize():f}".replace(".", ",") if finding.number is not None else ""
            told[finding.code] = f"{finding.comparator}{number}" or finding.text
    return [
        {"field": field, "value": request.POST.get(field.name, told.get(field.row.analyte, ""))}
        for field in fields
    ]


def _words(request: StaffRequest, order: ServiceRequest, held: Any) -> dict[str, Any]:
    """The report's texts: what was typed, else what is held, with the chosen phrase put in."""
    is_sent = request.method == "POST" and "narrative" in request.POST
    narrative = request.POST.get("narrative", "") if is_sent else getattr(held, "narrative", "")
    conclusion = request.POST.get("conclusion", "") if is_sent else getattr(held, "conclusion", "")
    phrases = selectors.phrases_for(order)
    chosen = next((phrase for phrase in phrases if phrase.code == request.POST.get("phrase")), None)
    if chosen is not None and request.POST.get("action") == "phrase":
        narrative = "\n".join(part for part in (narrative.strip(), chosen.narrative) if part)
        conclusion = "\n".join(part for part in (conclusion.strip(), chosen.conclusion) if part)
    return {
        "narrative": narrative,
        "conclusion": conclusion,
        "is_abnormal": "is_abnormal" in request.POST if is_sent else getattr(held, "is_abnormal", False),
        "is_critical": "is_critical" in request.POST if is_sent else getattr(held, "is_critical", False),
        "phrases": phrases,
        "files": list(held.attachments.order_by("position")) if held is not None else [],
    }


def _enter(request: StaffRequest, order_uuid: UUID, right: str) -> HttpResponse:
    order = access_performed(request.user, order_uuid, right)
    if request.method != "POST":
        record("report.enter_form", by=request.user, of=order)
        return _page(request, order, right)
    action = request.POST.get("action", "")
    if action in {"phrase", "isolate", "panel"}:
        return _page(request, order, right)
    try:
        report = _keep(request, order, right)
        if action == "release":
            services.release(report=report, by=request.user)
    except services.Questions as questions:
        return _page(request, order, right, 422, questions=questions.asked)
    except DomainError as refusal:
        return _page(request, order, right, 422, refusal=str(refusal), wrong=refusal.field or "")
    messages.success(request, _("Kept: %(title)s") % {"title": order.text})
    if right == permissions.LABORATORY and selectors.suggestions(order, selectors.held_report(order)):
        messages.info(request, _("The value calls for another test: see Reflex tests below."))
        return redirect("encounters:performing:enter_laboratory", order.uuid)
    return redirect(f"encounters:performing:{_NAMES[right]}")


def _keep(request: StaffRequest, order: ServiceRequest, right: str) -> Any:
    told = request.POST
    try:
        key = str(UUID(told.get("key", "")))
    except ValueError:
        key = str(uuid.uuid4())
    common: dict[str, Any] = {
        "request": order,
        "note": _text(told.get("note", ""))[:2000],
        "reason": tidy(told.get("reason", ""))[:300],
        "key": key,
        "by": request.user,
    }
    if right == permissions.LABORATORY:
        typed = {
            name.removeprefix("v-"): _text(str(told[name]))[:2000] for name in told if name.startswith("v-")
        }
        return services.enter_values(
            typed=typed,
            isolates=plates.isolates_in(order, told),
            is_critical="is_critical" in told,
            confirmed=bool(told.get("confirmed")),
            **common,
        )
    report = services.ImageReport(
        narrative=_text(told.get("narrative", "")),
        conclusion=_text(told.get("conclusion", "")),
        is_abnormal="is_abnormal" in told,
        is_critical="is_critical" in told,
        files=_files(request),
    )
    return services.enter_image_report(report=report, **common)


def _text(typed: str) -> str:
    """What was typed, its lines kept; PostgreSQL takes no NUL."""
    return typed.replace("\x00", "").replace("\r\n", "\n").strip()


def _files(request: StaffRequest) -> list[AttachmentFacts]:
    """The pictures that were chosen. Raises DomainError for what is neither PDF, JPEG nor PNG, too large or too many."""
    uploaded = request.FILES.getlist("files")
    if len(uploaded) > MOST_FILES:
        raise DomainError(
            _("At most %(n)d files at a time.") % {"n": MOST_FILES}, code="bad_file", field="files"
        )
    found = []
    for file in uploaded:
        if file.size is None or file.size > LARGEST:
            raise DomainError(
                _("%(name)s is larger than 10 MB.") % {"name": file.name}, code="bad_file", field="files"
            )
        data = file.read()
        kind = kind_of(data)
        if kind is None:
            raise DomainError(
                _("%(name)s is neither PDF, JPEG nor PNG.") % {"name": file.name},
                code="bad_file",
                field="files",
            )
        found.append(AttachmentFacts(title=tidy(str(file.name))[:200], content_type=kind, data=data))
    return found


def _act(request: StaffRequest, order_uuid: UUID, right: str) -> HttpResponse:
    """Begun, released as it stands, refused with a reason, or a reflex test added by a `rule`: `action`."""
    order = access_performed(request.user, order_uuid, right)
    action = request.POST.get("action")
    try:
        if action == "take_on":
            services.take_on(request=order, by=request.user)
        elif action == "release":
            held = selectors.held_report(order)
            if held is None:
                raise DomainError(_("Nothing was entered yet."), code="empty")
            services.release(report=held, by=request.user)
            messages.success(request, _("Released: %(title)s") % {"title": order.text})
            return redirect(f"encounters:performing:{_NAMES[right]}")
        elif action == "reflex" and right == permissions.LABORATORY:
            added = services.add_reflex(
                request=order, rule=request.POST.get("rule", "")[:80], by=request.user
            )
            messages.success(request, _("Added: %(title)s") % {"title": added.text})
        elif action == "refuse":
            services.refuse_order(request=order, reason=tidy(request.POST.get("reason", "")), by=request.user)
            return redirect(f"encounters:performing:{_NAMES[right]}")
        else:
            return HttpResponse(status=400)
    except DomainError as refusal:
        return _page(request, order, right, 422, refusal=str(refusal))
    return redirect(f"encounters:performing:enter_{_NAMES[right]}", order.uuid)


@requires(permissions.LABORATORY)
@require_http_methods(["GET", "HEAD", "POST"])
def laboratory(request: StaffRequest) -> HttpResponse:
    """Tests in effect, the pressing ones first."""
    return _list(request, permissions.LABORATORY)


@requires(permissions.LABORATORY)
@require_http_methods(["GET", "HEAD", "POST"])
def enter_laboratory(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """The values of one test."""
    return _enter(request, order_uuid, permissions.LABORATORY)


@requires(permissions.LABORATORY)
@require_POST
def act_laboratory(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """What is done with a test beside entering it."""
    return _act(request, order_uuid, permissions.LABORATORY)


@requires(permissions.IMAGING)
@require_http_methods(["GET", "HEAD", "POST"])
def imaging(request: StaffRequest) -> HttpResponse:
    """Examinations in effect, the pressing ones first."""
    return _list(request, permissions.IMAGING)


@requires(permissions.IMAGING)
@require_http_methods(["GET", "HEAD", "POST"])
def enter_imaging(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """The report of one examination."""
    return _enter(request, order_uuid, permissions.IMAGING)


@requires(permissions.IMAGING)
@require_POST
def act_imaging(request: StaffRequest, order_uuid: UUID) -> HttpResponse:
    """What is done with an examination beside writing its report."""
    return _act(request, order_uuid, permissions.IMAGING)
