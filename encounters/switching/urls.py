from django.urls import path

from encounters.switching.views import regulations, wards

app_name = "switching"
urlpatterns = [
    path("administration/switching/", wards.wards, name="wards"),
    path("administration/switching/<uuid:department_uuid>/", wards.ward, name="ward"),
    path("administration/regulation/", regulations.regulation, name="regulation"),
    path("administration/regulation/new/", regulations.issue, name="issue"),
    path("administration/regulation/unread/", regulations.unread, name="unread"),
    path("administration/regulation/<uuid:regulation_uuid>/read/", regulations.confirm, name="confirm"),
    path("administration/regulation/<uuid:regulation_uuid>/file/", regulations.file, name="file"),
]
