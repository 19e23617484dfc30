"""The house's addresses: everything of a patient stands under /patients/<uuid>/."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "patients"
urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/", include("patients.registry.urls")),
    path("", include("patients.oversight.urls")),
    path("emergency/", include("patients.emergency_access.urls")),
    path("patients/<uuid:patient_uuid>/history/", include("patients.history.urls")),
    path("patients/<uuid:patient_uuid>/coverage/", include("patients.coverage.urls")),
]
