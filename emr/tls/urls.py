"""Trust in this server."""

from django.urls import path

from emr.tls import views

app_name = "tls"
urlpatterns = [path("trust/", views.trust, name="trust"), path("trust/root.cer", views.root, name="root")]
