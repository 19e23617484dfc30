"""Where neighbours send messages over HTTP."""

from django.urls import path

from integrations.hl7v2 import views

app_name = "hl7v2"
urlpatterns = [path("<uuid:channel_uuid>/", views.receive, name="receive")]
