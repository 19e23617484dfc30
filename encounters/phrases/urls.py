from django.urls import path

from encounters.phrases import views

app_name = "phrases"
urlpatterns = [
    path("phrases/", views.phrases, name="list"),
    path("phrases/texts", views.texts, name="texts"),
    path("phrases/<uuid:phrase_uuid>/", views.phrase, name="edit"),
    path("phrases/<uuid:phrase_uuid>/remove", views.remove, name="remove"),
]
