"""Addresses as proxies write them, and which of them are one client."""

import pytest

from core.addresses import network, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0::1%eth0", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[fe80::1%eth0]:4711", "fe80::1"),
        ("[fe80::1]]", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_is_found(text: str, address: str) -> None:
    assert str(parse(text)) == address


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "192.0.2", "192.0.2.256", "[", "a:1"])
def test_other_text_holds_none(text: str) -> None:
    assert parse(text) is None
    assert network(text) == "unknown"


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
    ],
)
def test_one_network_of_ipv6_is_one_client(text: str, client: str) -> None:
    assert network(text) == client
