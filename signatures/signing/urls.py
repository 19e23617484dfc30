from django.urls import path

from signatures.signing.views import costs, document, key, tray, typed

app_name = "signing"
urlpatterns = [
    path("", tray.tray, name="tray"),
    path("rows/", tray.rows, name="rows"),
    path("refresh/", tray.refresh, name="refresh"),
    path("sign/", tray.sign_many, name="sign_many"),
    path("waiting/", tray.waiting, name="waiting"),
    path("count/", tray.count, name="count"),
    path("key/", key.key, name="key"),
    path("key/take/", key.take_key, name="take_key"),
    path("key/pin/", key.new_pin, name="new_pin"),
    path("key/enrol/", key.enrol, name="enrol"),
    path("key/forgotten/", key.forgotten_pin, name="forgotten_pin"),
    path("code/", typed.send_code, name="send_code"),
    path("costs/", costs.costs, name="costs"),
    path("documents/<uuid:document_uuid>/panel/", document.panel, name="panel"),
    path("documents/<uuid:document_uuid>/ask/", document.ask, name="ask"),
    path("<uuid:request_uuid>/", document.sign_page, name="sign_page"),
    path("<uuid:request_uuid>/preview/", document.preview, name="preview"),
    path("<uuid:request_uuid>/pdf/", document.shown_pdf, name="shown_pdf"),
    path("<uuid:request_uuid>/sign/", document.sign_one, name="sign"),
    path("<uuid:request_uuid>/progress/", document.progress, name="progress"),
    path("<uuid:request_uuid>/prepare/", document.prepare_again, name="prepare"),
    path("<uuid:request_uuid>/refuse/", document.refuse, name="refuse"),
]
