"""The ward round, under /rounds/."""

from django.urls import path

from encounters.rounds import views

app_name = "rounds"
urlpatterns = [
    path("rounds/", views.beds, name="beds"),
    path("rounds/<uuid:encounter_uuid>/", views.bed, name="bed"),
]
