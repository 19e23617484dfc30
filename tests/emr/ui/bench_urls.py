"""The bench's pages beside the shell and the sign-in page; the other rooms are not needed here."""

from django.urls import include, path

from tests.emr.ui import bench

urlpatterns = [
    path("bench/form/", bench.form_page),
    path("bench/save/", bench.save),
    path("bench/submit/", bench.submit),
    path("bench/elsewhere/", bench.submit),
    path("bench/pdf/", bench.pdf),
    path("bench/pdf-page/", bench.pdf_page),
    path("bench/chart/", bench.chart_page),
    path("bench/panel/", bench.panel, name="bench-panel"),
    path("bench/broken/", bench.broken),
    path("", include("emr.ui.urls")),
    path("", include("emr.accounts.urls")),
    path("", include("emr.signin.urls")),
]
handler404 = "emr.ui.errors.not_found"
handler500 = "emr.ui.errors.server_error"
