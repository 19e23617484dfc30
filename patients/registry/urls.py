"""Pages of the registry, under /patients/."""

from django.urls import path

from patients.registry.views import chart, editing, merging, registering, restricting, search

app_name = "registry"
urlpatterns = [
    path("", search.search, name="search"),
    path("register/", registering.register, name="register"),
    path("register/scan/", registering.scan, name="scan"),
    path("register/unknown/", registering.register_unknown, name="register_unknown"),
    path("<uuid:patient_uuid>/", chart.chart, name="chart"),
    path("<uuid:patient_uuid>/banner/", chart.banner, name="banner"),
    path("<uuid:patient_uuid>/edit/", editing.edit, name="edit"),
    path("<uuid:patient_uuid>/newborn/", registering.register_newborn, name="register_newborn"),
    path("<uuid:patient_uuid>/numbers/add/", editing.add_number, name="add_number"),
    path("<uuid:patient_uuid>/people/add/", editing.person, name="add_person"),
    path("<uuid:patient_uuid>/people/<uuid:person_uuid>/", editing.person, name="change_person"),
    path("<uuid:patient_uuid>/people/<uuid:person_uuid>/end/", editing.end_person, name="end_person"),
    path("<uuid:patient_uuid>/confidentiality/", restricting.restrict, name="restrict"),
    path("<uuid:patient_uuid>/merge/", merging.choose, name="merge_choose"),
    path("<uuid:survivor_uuid>/merge/<uuid:duplicate_uuid>/", merging.merge, name="merge"),
    path("<uuid:patient_uuid>/merge/undo/<uuid:link_uuid>/", merging.unmerge, name="unmerge"),
]
