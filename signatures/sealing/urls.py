from django.urls import path

from signatures.sealing import views

app_name = "sealing"
urlpatterns = [
    path("", views.exports, name="exports"),
    path("list/", views.extract_rows, name="rows"),
    path("<uuid:extract_uuid>/", views.take, name="take"),
]
