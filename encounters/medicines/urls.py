from django.urls import path

from encounters.medicines import api
from encounters.medicines.views import events, patient, reactions, sheets, tray, ward

app_name = "medicines"
urlpatterns = [
    path("api/medicines/events", api.events, name="device_events"),
    path("medicines/", ward.ward, name="ward"),
    path("medicines/scan", ward.scan, name="scan"),
    path("medicines/due/", ward.due, name="due"),
    path("medicines/conflicts/", ward.conflicts, name="conflicts"),
    path("medicines/conflicts/<uuid:conflict_uuid>/settle", ward.settle, name="settle"),
    path("medicines/tray/", tray.tray, name="tray"),
    path("medicines/tray/fill", tray.fill, name="tray_fill"),
    path("medicines/tray/<uuid:tray_uuid>/", tray.filled, name="tray_filled"),
    path("medicines/tray/<uuid:tray_uuid>/labels", tray.tray_labels, name="tray_labels"),
    path("medicines/tray/<uuid:tray_uuid>/batch", tray.batch, name="tray_batch"),
    path("medicines/tray/<uuid:tray_uuid>/return", tray.give_back, name="tray_return"),
    path("medicines/doses/<uuid:dose_uuid>/change", patient.change, name="change"),
    path("medicines/needed/<uuid:medicine_uuid>/give", patient.give_needed, name="give_needed"),
    path("medicines/tests/<uuid:medicine_uuid>/begin", reactions.begin, name="test_begin"),
    path("medicines/tests/<uuid:test_uuid>/read", reactions.read, name="test_read"),
    path("medicines/given/<uuid:administration_uuid>/step", patient.step, name="step"),
    path("medicines/given/<uuid:administration_uuid>/take-back", patient.take_back, name="take_back"),
    path("medicines/sheets/<uuid:document_uuid>/body/", sheets.body, name="sheet_body"),
    path("medicines/stays/<uuid:encounter>/", patient.patient, name="patient"),
    path("medicines/stays/<uuid:encounter>/scan", patient.scan, name="scan_of_stay"),
    path("medicines/stays/<uuid:encounter>/event", events.tell, name="tell_event"),
    path("medicines/stays/<uuid:encounter>/labels", tray.labels_of_stay, name="labels_of_stay"),
    path("medicines/stays/<uuid:encounter>/sheets", sheets.compose, name="compose"),
]
