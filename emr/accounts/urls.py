from django.urls import path

from emr.accounts import views

app_name = "accounts"
urlpatterns = [
    path("administration/house/", views.house, name="house"),
]
