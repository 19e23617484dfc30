"""Pages about the HIS, under /integrations/."""

from django.urls import path

from integrations.his import views

app_name = "his"
urlpatterns = [path("masters/", views.masters, name="masters")]
