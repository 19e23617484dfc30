from django.urls import path

from patients.oversight.views import answers, findings

app_name = "oversight"
urlpatterns = [
    path("patients/<uuid:patient_uuid>/access/", answers.answer, name="answer"),
    path("administration/lookups/", findings.findings, name="findings"),
    path("administration/lookups/waiting/", findings.waiting, name="waiting"),
    path("administration/lookups/who-opened/", answers.answer_by_number, name="answer_by_number"),
    path("administration/lookups/<uuid:finding_uuid>/", findings.finding, name="finding"),
]
