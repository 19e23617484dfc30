"""A patient's history, under /patients/<uuid>/history/."""

from django.urls import path

from patients.history import views

app_name = "history"
urlpatterns = [
    path("", views.page, name="page"),
    path("no-known-allergy/", views.none_known, name="none_known"),
    path("allergy/<uuid:entry_uuid>/confirm/", views.confirm, name="confirm"),
    path("<slug:kind>/add/", views.add, name="add"),
    path("<slug:kind>/<uuid:entry_uuid>/correct/", views.add, name="correct"),
    path("<slug:kind>/<uuid:entry_uuid>/end/", views.end, name="end"),
]
