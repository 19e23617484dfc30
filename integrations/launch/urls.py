"""Where links come in (/launch/), and the keys that sign them (/integrations/launch-keys/)."""

from django.urls import path

from integrations.launch.views import coming, keys

app_name = "launch"
urlpatterns = [
    path("launch/", coming.receive, name="receive"),
    path("launch/open/", coming.open_chart, name="open"),
    path("launch/switch/", coming.switch, name="switch"),
    path("integrations/launch-keys/", keys.key_list, name="keys"),
    path("integrations/launch-keys/add/", keys.add_key, name="add_key"),
    path("integrations/launch-keys/<uuid:launch_key_uuid>/revoke/", keys.revoke_key, name="revoke_key"),
]
