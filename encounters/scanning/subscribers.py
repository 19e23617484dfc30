"""Take paper apart, in a worker."""

from emr.outbox import Delivery, subscribe
from encounters.scanning import services


# In bulk: three hundred pages take minutes, and nobody's signature waits behind them.
@subscribe("scan_batch.received", queue="bulk", long=True)
def read(delivery: Delivery) -> None:
    """Each page is kept as soon as it is read; the end of it is one transaction with "done"."""
    services.read_batch(batch_id=delivery.payload["scan_batch_id"], owed=delivery)
