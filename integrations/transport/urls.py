"""Pages of the integration staff, under /integrations/."""

from django.urls import path

from integrations.transport.views import channels, desk, history, inbox, mappings, sources

app_name = "transport"
urlpatterns = [
    path("", channels.channels, name="channels"),
    path("channels/add/", channels.edit, name="add_channel"),
    path("channels/add-outgoing/", channels.add_outgoing, name="add_outgoing_channel"),
    path("channels/add-view/", sources.add_source, name="add_source"),
    path("channels/<uuid:channel_uuid>/look/", sources.look, name="look_at_channel"),
    path("channels/<uuid:channel_uuid>/", channels.edit, name="channel"),
    path("channels/<uuid:channel_uuid>/history/", history.course, name="channel_history"),
    path("channels/<uuid:channel_uuid>/switch/", channels.switch, name="switch_channel"),
    path("channels/<uuid:channel_uuid>/token/", channels.make_token, name="make_token"),
    path("channels/<uuid:channel_uuid>/pause/", channels.pause, name="pause_channel"),
    path("messages/", inbox.message_list, name="messages"),
    path("messages/<uuid:message_uuid>/", inbox.message, name="message"),
    path("messages/<uuid:message_uuid>/resend/", inbox.resend, name="resend"),
    path("messages/<uuid:message_uuid>/set-aside/", inbox.set_aside, name="set_aside"),
    path("dead-letters/", desk.dead_letters, name="dead_letters"),
    path("dead-letters/panel/", desk.waiting_panel, name="dead_letter_panel"),
    path("dead-letters/<uuid:letter_uuid>/", desk.dead_letter, name="dead_letter"),
    path("dead-letters/<uuid:letter_uuid>/replay/", desk.replay, name="replay"),
    path("dead-letters/<uuid:letter_uuid>/edit/", desk.replay_edited, name="replay_edited"),
    path("dead-letters/<uuid:letter_uuid>/dismiss/", desk.dismiss, name="dismiss"),
    path("mappings/", mappings.mapping_list, name="mappings"),
    path("mappings/add/", mappings.add, name="add_mapping"),
    path("mappings/codes/", mappings.our_codes, name="our_codes"),
    path("mappings/file/", mappings.take, name="take_mappings"),
    path("mappings/import/", mappings.take_in, name="import_mappings"),
    path("mappings/<uuid:code_uuid>/", mappings.map_code, name="map_code"),
]
