"""Who pays for a patient, under /patients/<uuid>/coverage/."""

from django.urls import path

from patients.coverage import views

app_name = "coverage"
urlpatterns = [
    path("", views.page, name="page"),
    path("add/", views.edit, name="add"),
    path("scan/", views.scan, name="scan"),
    path("<uuid:coverage_uuid>/correct/", views.edit, name="correct"),
]
