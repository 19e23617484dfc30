from django.urls import path

from encounters.results.views import inbox, measuring, reports, through_time

app_name = "results"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/vital-signs/", measuring.vital_signs, name="vital_signs"),
    path("observations/<uuid:observation_uuid>/correct", measuring.correct, name="correct"),
    path("encounters/<uuid:encounter_uuid>/results/", reports.of_stay, name="of_stay"),
    path("patients/<uuid:patient_uuid>/results/", reports.of_patient, name="of_patient"),
    path("encounters/<uuid:encounter_uuid>/results/table/", through_time.of_stay, name="table_of_stay"),
    path("patients/<uuid:patient_uuid>/results/table/", through_time.of_patient, name="table_of_patient"),
    path("patients/<uuid:patient_uuid>/results/graph/", through_time.graph, name="graph"),
    path("patients/<uuid:patient_uuid>/results/compare/", through_time.compare, name="compare"),
    path("results/", inbox.inbox, name="inbox"),
    path("results/badge", inbox.badge, name="badge"),
    path("results/acknowledge", inbox.acknowledge_normal, name="acknowledge_normal"),
    path("results/<uuid:report_uuid>/", reports.report, name="report"),
    path("results/<uuid:report_uuid>/acknowledge", reports.acknowledge, name="acknowledge"),
    path("results/<uuid:report_uuid>/files/<int:position>", reports.file, name="file"),
]
