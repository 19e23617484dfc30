"""The ward's pack: its code, its age, the file."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit.services import record
from emr.common.clock import now
from emr.common.doors import fresh
from emr.common.http import StaffRequest
from emr.signin.services import RECENT_MINUTES
from encounters.bedside import permissions, services
from encounters.bedside.access import access_ward
from encounters.bedside.models import WardCode, WardPack


@requires(permissions.PACKS)
@fresh(RECENT_MINUTES)
@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """When the pack was made; POST `make`: make it now; `code`: a new code, shown this once."""
    ward = access_ward(request.user, department_uuid, permissions.PACKS)
    code = WardCode.objects.filter(department=ward).select_related("department", "set_by").first()
    context: dict[str, Any] = {"ward": ward}
    if request.method == "POST":
        if request.POST.get("action") == "code":
            code, context["told"] = services.set_ward_code(department=ward, by=request.user)
        elif code is not None:
            services.make_pack(code=code)
            return redirect("encounters:bedside:pack", ward.uuid)
    else:
        record("ward_pack.read", by=request.user, of=ward)
    made = WardPack.objects.filter(code=code).defer("content").first() if code is not None else None
    age = int((now() - made.made_at).total_seconds() // 60) if made is not None else 0
    return render(
        request, "encounters/bedside/packs.html", context | {"code": code, "made": made, "age": age}
    )


@requires(permissions.READ)
@fresh(RECENT_MINUTES)
@require_safe
def pack_file(request: StaffRequest, department_uuid: UUID) -> HttpResponse:
    """The sealed file, for a ward PC. That it left is written down before a byte does."""
    ward = access_ward(request.user, department_uuid, permissions.READ)
    made = WardPack.objects.filter(code__department=ward).first()
    if made is None:
        raise Http404
    record("ward_pack.export", by=request.user, of=made)
    answer = HttpResponse(bytes(made.content), content_type="text/html; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="goi-du-phong-{ward.code}.html"'
    return answer
