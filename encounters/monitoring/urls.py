from django.urls import path

from encounters.monitoring.views import fluids, patient, ward

app_name = "monitoring"
urlpatterns = [
    path("monitoring/", ward.index, name="index"),
    path("monitoring/wards/<uuid:ward>/", ward.grid, name="grid"),
    path("monitoring/stays/<uuid:encounter>/line", ward.line, name="line"),
    path("monitoring/stays/<uuid:encounter>/", patient.patient, name="patient"),
    path("monitoring/stays/<uuid:encounter>/score", patient.preview, name="preview"),
    path("monitoring/stays/<uuid:encounter>/scale", patient.scale, name="scale"),
    path("monitoring/stays/<uuid:encounter>/chart", patient.chart, name="chart"),
    path("monitoring/stays/<uuid:encounter>/chart/compose", patient.compose_chart, name="compose_chart"),
    path("monitoring/charts/body/<uuid:document_uuid>", patient.chart_body, name="chart_body"),
    path("monitoring/stays/<uuid:encounter>/fluids", fluids.fluids, name="fluids"),
    path("monitoring/fluids/<uuid:fluid_uuid>/correct", fluids.correct, name="correct_fluid"),
    path("monitoring/warnings/<uuid:warning_uuid>/respond", patient.respond, name="respond"),
]
