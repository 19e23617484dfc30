"""The HIS's messages onto the record."""

from integrations.his.services.applying import apply_adt as apply_adt
