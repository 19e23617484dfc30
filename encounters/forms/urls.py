from django.urls import path

from encounters.forms import views

app_name = "forms"
urlpatterns = [
    path("forms/<uuid:questionnaire>/state/", views.state, name="state"),
    path("forms/<uuid:questionnaire>/row/", views.row, name="row"),
]
