"""The HIS's messages onto the record."""

from integrations.his.services.applying import apply_adt as apply_adt
from integrations.his.services.masters import set_masters as set_masters
from integrations.his.services.orders import apply_orders as apply_orders
from integrations.his.services.refusals import apply_answer as apply_answer
from integrations.his.services.refusals import keep_refusals as keep_refusals
from integrations.his.services.rows import apply_row as apply_row
from integrations.his.services.telling import tell_his as tell_his
from integrations.his.services.telling_people import tell_person as tell_person
from integrations.his.services.telling_stays import tell_stay as tell_stay
