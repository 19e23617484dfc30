from django.urls import path

from signatures.providers import views

app_name = "providers"
urlpatterns = [
    path("", views.keys, name="keys"),
    path("<uuid:key_uuid>/", views.key, name="key"),
    path("<uuid:key_uuid>/unlock/", views.unlock, name="unlock"),
    path("<uuid:key_uuid>/revoke/", views.revoke, name="revoke"),
    path("<uuid:key_uuid>/new-pin/", views.allow_new_pin, name="allow_new_pin"),
    path("<uuid:key_uuid>/destroy/", views.destroy, name="destroy"),
]
