"""What records are asked for: read, switched, changed from a day on, with their history."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from encounters.completeness import permissions, services
from encounters.completeness.forms import NewRuleForm, RuleForm, first_rule
from encounters.completeness.kinds import KINDS
from encounters.completeness.models import RuleVersion
from encounters.completeness.rules import OWNERS, Rule, rule_book


@requires(permissions.RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: StaffRequest) -> HttpResponse:
    """All rules as they hold today, with what is planned. A code and a kind posted lead to the form of a new one."""
    form = NewRuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kind = urlencode({"kind": form.cleaned_data["kind"]})
        return redirect(f"{reverse('encounters:completeness:rule', args=[form.cleaned_data['code']])}?{kind}")
    today = local_today()
    book = rule_book(request.user.facility_id)
    rows = [
        _row(book.rule(code, today) or versions[-1], [one for one in versions if one.begins_on > today])
        for code, versions in book.versions.items()
    ]
    record("completeness_rule.list", by=request.user, detail={"count": len(rows)})
    context = {"rows": rows, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/completeness/rules.html", context, status=status)


def _row(holding: Rule, planned: list[Rule]) -> dict[str, Any]:
    return {
        "rule": holding,
        "kind": KINDS[holding.kind].title,
        "owner": OWNERS[holding.owner][0],
        "planned": planned[0] if planned and planned[0] is not holding else None,
    }


@requires(permissions.RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: StaffRequest, rule_code: str) -> HttpResponse:
    """One rule: as it holds, its history, and the form of its next version. `?kind=` begins a new one."""
    present, after = _present(request, rule_code)
    form = RuleForm(request.POST or None, rule=present, after=after)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            services.set_rule(
                facility=request.user.facility,
                code=rule_code,
                content=form.content(),
                begins_on=told["begins_on"],
                reason=told["reason"],
                by=request.user,
                after=told["after"],
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The rule is kept as a new version."))
            return redirect("encounters:completeness:rule", rule_code)
    if request.method != "POST":
        record("completeness_rule.read", by=request.user, detail={"code": rule_code})
    context = _context(request, rule_code, present, form)
    status = 422 if request.method == "POST" else 200
    return render(request, "encounters/completeness/rule.html", context, status=status)


def _present(request: StaffRequest, code: str) -> tuple[Rule, int]:
    """The version to begin the next from: the last one said, else the delivered one; and how many the facility made."""
    versions = rule_book(request.user.facility_id).versions.get(code)
    if versions:
        return max(versions, key=lambda one: one.number), sum(1 for one in versions if one.number)
    begun = NewRuleForm({"code": code, "kind": request.GET.get("kind", "")})
    if not begun.is_valid():
        raise Http404
    return first_rule(code, begun.cleaned_data["kind"]), 0


def _context(request: StaffRequest, code: str, present: Rule, form: RuleForm) -> dict[str, Any]:
    own = RuleVersion.objects.filter(facility=request.user.facility_id, code=code).select_related("made_by")
    book = rule_book(request.user.facility_id)
    holding = book.rule(code, local_today())
    return {
        "code": code,
        "rule": present,
        "kind": KINDS[present.kind].title,
        "form": form,
        "holding": holding,
        "history": list(own.order_by("-number")),
        "delivered": [one for one in book.versions.get(code, ()) if not one.number],
    }
