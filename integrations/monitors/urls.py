"""Monitors of the wards, and their values before anybody has confirmed them, under /monitors/."""

from django.urls import path

from integrations.monitors.views import devices, readings

app_name = "monitors"
urlpatterns = [
    path("monitors/", devices.monitors, name="monitors"),
    path("monitors/scan", devices.scan, name="scan"),
    path("monitors/add", devices.add, name="add"),
    path("monitors/<uuid:monitor_uuid>/", devices.monitor, name="monitor"),
    path("monitors/<uuid:monitor_uuid>/bed", devices.at_bed, name="at_bed"),
    path("monitors/<uuid:monitor_uuid>/free", devices.free, name="free"),
    path("monitors/wards/<uuid:ward>/", readings.of_ward, name="of_ward"),
    path("monitors/stays/<uuid:encounter>/", readings.of_stay, name="of_stay"),
    path("monitors/stays/<uuid:encounter>/confirm", readings.confirm, name="confirm"),
]
