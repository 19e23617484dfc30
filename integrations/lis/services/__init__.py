"""Orders to the laboratory and imaging systems, and their results onto the record."""

from integrations.lis.services.applying import apply_oru as apply_oru
from integrations.lis.services.confirming import answer_identity as answer_identity
from integrations.lis.services.ordering import tell_collected as tell_collected
from integrations.lis.services.ordering import tell_order as tell_order
from integrations.lis.services.status import apply_status as apply_status
