"""Whether a caller stands on a channel's list."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1000)  # asked for every message
def is_among(allowed: tuple[str, ...], address: str) -> bool:
    """Whether the address is one of these addresses or CIDR ranges; what is no address isn't."""
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in ipaddress.ip_network(known, strict=False) for known in allowed)
