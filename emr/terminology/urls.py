from django.urls import path

from emr.terminology import views

app_name = "terminology"
urlpatterns = [
    path("terminology/<slug:system>/search/", views.search, name="search"),
    path("administration/catalogues/", views.catalogues, name="catalogues"),
    path("administration/catalogues/<slug:system>/", views.catalogue, name="catalogue"),
]
