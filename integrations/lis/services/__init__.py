"""Results of the laboratory and imaging systems onto the record."""

from integrations.lis.services.applying import apply_oru as apply_oru
