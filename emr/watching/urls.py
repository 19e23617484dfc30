"""The IT person's page, and what Prometheus reads."""

from django.urls import path

from emr.watching import views

app_name = "watching"
urlpatterns = [
    path("administration/status/", views.status, name="status"),
    path("administration/status/panel/", views.panel, name="panel"),
    path("metrics", views.metrics, name="metrics"),
]
