from django.urls import path

from encounters.results import views

app_name = "results"
urlpatterns = [
    path("encounters/<uuid:encounter_uuid>/vital-signs/", views.vital_signs, name="vital_signs"),
    path("observations/<uuid:observation_uuid>/correct", views.correct, name="correct"),
]
