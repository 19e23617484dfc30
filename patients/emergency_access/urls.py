"""Pages of emergency access, under /emergency/: no patient stands in these addresses."""

from django.urls import path

from patients.emergency_access import views

app_name = "emergency_access"
urlpatterns = [
    path("", views.ask, name="ask"),
    path("open/", views.open_chart, name="open"),
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/panel/", views.panel, name="panel"),
    path("reviews/<uuid:access_uuid>/", views.review, name="review"),
]
