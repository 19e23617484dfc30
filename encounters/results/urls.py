from django.urls import path

from encounters.results.views import forms, inbox, measuring, prints, reports, taking_back, through_time

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
    path("encounters/<uuid:encounter_uuid>/results/print", prints.ask_of_stay, name="print_of_stay"),
    path("patients/<uuid:patient_uuid>/results/print", prints.ask_of_patient, name="print_of_patient"),
    path("results/<uuid:report_uuid>/print", prints.ask_report, name="print_report"),
    path("result-prints/<uuid:result_print_uuid>/", prints.show, name="result_print"),
    path("result-prints/<uuid:result_print_uuid>/state", prints.state, name="result_print_state"),
    path("result-prints/<uuid:result_print_uuid>/cancel", prints.cancel, name="cancel_result_print"),
    path("result-prints/<uuid:result_print_uuid>/again", prints.again, name="resume_result_print"),
    path("result-prints/<uuid:result_print_uuid>/pdf", prints.pdf, name="result_print_pdf"),
    path("results/", inbox.inbox, name="inbox"),
    path("results/badge", inbox.badge, name="badge"),
    path("results/acknowledge", inbox.acknowledge_normal, name="acknowledge_normal"),
    path("results/take-back/", taking_back.find, name="take_back_find"),
    path("results/<uuid:report_uuid>/take-back", taking_back.take_back, name="take_back"),
    path("results/<uuid:report_uuid>/form", forms.compose, name="compose_form"),
    path("documents/<uuid:document_uuid>/result", forms.body, name="form_body"),
    path("results/<uuid:report_uuid>/versions/", taking_back.versions, name="versions"),
    path("results/<uuid:report_uuid>/", reports.report, name="report"),
    path("results/<uuid:report_uuid>/acknowledge", reports.acknowledge, name="acknowledge"),
    path("results/<uuid:report_uuid>/files/<int:position>", reports.file, name="file"),
]
