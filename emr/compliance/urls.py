from django.urls import path

from emr.compliance import views

app_name = "compliance"
urlpatterns = [
    path("", views.page, name="page"),
    path("export/", views.export, name="export"),
]
