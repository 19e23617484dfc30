from django.urls import path

from signatures.signing.views import chains, costs, delegation, document, key, seal, tray, typed

app_name = "signing"
urlpatterns = [
    path("", tray.tray, name="tray"),
    path("rows/", tray.rows, name="rows"),
    path("refresh/", tray.refresh, name="refresh"),
    path("sign/", tray.sign_many, name="sign_many"),
    path("again/", tray.try_again, name="try_again"),
    path("seal/", seal.seal, name="seal"),
    path("seal/rows/", seal.seal_rows, name="seal_rows"),
    path("chains/", chains.chains, name="chains"),
    path("chains/form/", chains.chain, name="chain"),
    path("delegation/", delegation.delegation, name="delegation"),
    path("delegation/<uuid:delegation_uuid>/revoke/", delegation.revoke, name="revoke_delegation"),
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
    path("documents/<uuid:document_uuid>/again/", document.ask_again, name="ask_again"),
    path("<uuid:request_uuid>/", document.sign_page, name="sign_page"),
    path("<uuid:request_uuid>/preview/", document.preview, name="preview"),
    path("<uuid:request_uuid>/before/", document.before, name="before"),
    path("<uuid:request_uuid>/pdf/", document.shown_pdf, name="shown_pdf"),
    path("<uuid:request_uuid>/sign/", document.sign_one, name="sign"),
    path("<uuid:request_uuid>/progress/", document.progress, name="progress"),
    path("<uuid:request_uuid>/prepare/", document.prepare_again, name="prepare"),
    path("<uuid:request_uuid>/refuse/", document.refuse, name="refuse"),
]
