from django.urls import path

from emr.notices.views import administration, contact, inbox

app_name = "notices"
urlpatterns = [
    path("notices/", inbox.inbox, name="inbox"),
    path("notices/bell/", inbox.bell, name="bell"),
    path("notices/contact/", contact.contact, name="contact"),
    path("notices/contact/trial/", contact.trial, name="trial"),
    path("notices/contact/code/", contact.send_code, name="send_code"),
    path("notices/contact/confirm/", contact.confirm, name="confirm"),
    path("notices/<uuid:notice_uuid>/", inbox.notice, name="notice"),
    path("notices/<uuid:notice_uuid>/seen/", inbox.see, name="see"),
    path("notices/<uuid:notice_uuid>/acknowledge/", inbox.acknowledge, name="acknowledge"),
    path("administration/notices/", administration.kinds, name="kinds"),
    path("administration/notices/sent/", administration.deliveries, name="deliveries"),
    path("administration/notices/reached/", administration.reached, name="reached"),
    path("administration/notices/<str:code>/", administration.ladder, name="ladder"),
    path("administration/notices/<str:code>/as-delivered/", administration.forget, name="forget"),
]
