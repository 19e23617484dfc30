from django.urls import path

from emr.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.log, name="log"),
    path("today/", views.today, name="today"),
]
