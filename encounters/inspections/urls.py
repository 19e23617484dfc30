"""Letters of authorities and what is read by them, under /inspections/."""

from django.urls import path

from encounters.inspections.views import listing, managing, reading

app_name = "inspections"
_ONE = "inspections/<uuid:mandate_uuid>/"
urlpatterns = [
    path("inspections/", managing.mandates, name="list"),
    path("inspections/prepare/", managing.prepare, name="prepare"),
    path("inspections/waiting/", managing.waiting, name="waiting"),
    path("inspections/to-read/", reading.to_read, name="to_read"),
    path("inspections/to-read/<uuid:patient_uuid>/watch/", reading.watch, name="watch"),
    path(_ONE, managing.mandate, name="mandate"),
    path(f"{_ONE}correct/", managing.correct, name="correct"),
    path(f"{_ONE}find/", managing.find, name="find"),
    path(f"{_ONE}codes/", listing.codes, name="codes"),
    path(f"{_ONE}charts/", managing.list_chart, name="list_chart"),
    path(f"{_ONE}charts/<uuid:chart_uuid>/strike/", managing.strike_chart, name="strike_chart"),
    path(f"{_ONE}approve/", managing.approve, name="approve"),
    path(f"{_ONE}withdraw/", managing.withdraw, name="withdraw"),
    path(f"{_ONE}stays/<uuid:encounter_uuid>/documents/", managing.hand_out, name="hand_out"),
]
