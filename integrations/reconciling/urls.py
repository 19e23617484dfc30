"""Pages of the morning's reconciliation, under /integrations/reconciliation/."""

from django.urls import path

from integrations.reconciling import views

app_name = "reconciling"
urlpatterns = [
    path("", views.board, name="board"),
    path("findings/", views.findings, name="findings"),
    path("findings/file/", views.take, name="file"),
    path("told/", views.told, name="told"),
    path("sign/", views.sign, name="sign"),
]
