"""Numbers for Prometheus: by address, for nobody who comes through the proxy."""

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory
from prometheus_client.parser import text_string_to_metric_families

from emr.audit.services import record
from emr.common import middleware
from emr.watching import pulses, services

pytestmark = pytest.mark.django_db


def read(client: Client, **more: str) -> dict[str, Any]:
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.content.decode())}


def test_prometheus_can_read_it(client: Client) -> None:
    client.get("/health/live")
    record("user.sign_in")
    pulses.beat("mllp")
    services.look_around()
    families = read(client)
    durations = [
        sample
        for sample in families["emr_request_seconds"].samples
        if sample.labels["view"] == "health:live" and sample.name.endswith("_count")
    ]
    assert durations and durations[0].value >= 1
    assert families["emr_audit_unlinked"].samples[0].value >= 1
    assert sum(sample.value for sample in families["emr_database_connections"].samples) >= 1
    assert {"emr_outbox_oldest_seconds", "emr_hl7_dead_letters", "emr_pulse_age_seconds"} <= set(families)
    parts = {sample.labels["part"]: sample.value for sample in families["emr_part_well"].samples}
    assert parts["database"] == 1


@pytest.mark.parametrize("address", ["10.1.2.3", "", "nonsense"])
def test_others_find_nothing_there(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404


def test_an_address_on_the_list_may(client: Client, settings: Any) -> None:
    settings.EMR_METRICS_ADDRESSES = ["10.1.0.0/16"]
    read(client, REMOTE_ADDR="10.1.2.3")
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404


def test_nobody_reads_it_through_the_proxy(client: Client, settings: Any) -> None:
    """S-57: what a proxy passes on isn't the monitoring server."""
    settings.EMR_PROXY_COUNT = 1
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1").status_code == 404


@pytest.mark.parametrize(
    ("proxies", "said", "address"),
    [
        (0, "10.9.9.9", "192.168.1.5"),  # nobody's word counts
        (1, "10.9.9.9", "10.9.9.9"),
        (1, "1.1.1.1, 10.9.9.9", "10.9.9.9"),  # what the client itself put there doesn't
        (2, "1.1.1.1, 10.9.9.9, 10.0.0.2", "10.9.9.9"),
        (2, "10.9.9.9", "192.168.1.5"),
    ],
)
def test_only_our_proxies_say_where_a_client_is(settings: Any, proxies: int, said: str, address: str) -> None:
    """S-57."""
    settings.EMR_PROXY_COUNT = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="192.168.1.5", HTTP_X_FORWARDED_FOR=said, HTTP_X_FORWARDED_HOST="evil.example"
    )
    middleware._take_the_proxys_word(request)
    assert request.META["REMOTE_ADDR"] == address
    assert not [name for name in request.META if re.match("HTTP_(X_)?(FORWARDED_(FOR|HOST)|REAL_IP)", name)]


def test_what_a_stranger_makes_up_makes_no_series(client: Client) -> None:
    """S-58: a thousand invented addresses or methods are one line of numbers."""
    for n in range(20):
        client.get(f"/nothing/{n}/")
        client.generic(f"ODD{n}", "/health/live")
    text = client.get("/metrics").content.decode()
    assert "nothing" not in text
    assert "ODD" not in text
