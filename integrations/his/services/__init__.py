"""The HIS's messages onto the record."""

from integrations.his.services.applying import apply_message as apply_message
from integrations.his.services.applying import expire_waiting as expire_waiting
from integrations.his.services.applying import give_up as give_up
