"""How a device is called."""

import pytest

from core.devices import MAX_LENGTH, describe

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Firefox/140.0", "Firefox"),
        ("(Windows NT 10.0)", "Windows"),
        ("", "Unknown device"),
        ("curl/8.5.0", "curl"),
    ],
)
def test_a_device_is_called_by_its_browser_and_system(user_agent, device):
    assert describe(user_agent) == device


def test_no_more_of_a_user_agent_is_read_than_is_kept():
    assert describe(" " * (MAX_LENGTH - 10) + FIREFOX) == "Unknown device"
    assert describe(" " * (MAX_LENGTH - len(FIREFOX)) + FIREFOX) == "Firefox on Linux"
