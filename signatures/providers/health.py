"""Whether the file that names the keepers of keys can be used."""

from signatures.providers import house


def trouble_of_services() -> str:
    """What is wrong with `EMR_KEY_SERVICES`; "" when nothing is. Nobody is asked over the network."""
    try:
        house.key_services()
    except house.BadServices as error:
        return str(error)
    return ""
