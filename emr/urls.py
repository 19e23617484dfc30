"""The front door: names every house."""

from django.urls import include, path

handler400 = "emr.ui.views.bad_request"
handler403 = "emr.ui.views.forbidden"
handler404 = "emr.ui.views.not_found"
handler500 = "emr.ui.views.server_error"

urlpatterns = [
    path("", include("emr.ui.urls")),
    path("", include("emr.accounts.urls")),
    path("", include("emr.signin.urls")),
    path("health/", include("emr.common.urls")),
    path("", include("emr.terminology.urls")),
    path("administration/", include("emr.staff.urls")),
    path("administration/compliance/", include("emr.compliance.urls")),
    path("", include("emr.notices.urls")),
    path("", include("emr.watching.urls")),
    path("", include("emr.tls.urls")),
    path("administration/audit/", include("emr.audit.urls")),
    path("", include("patients.urls")),
    path("", include("encounters.urls")),
    path("", include("signatures.urls")),
    path("", include("integrations.urls")),
]
