"""Network addresses as servers and proxies write them. Come here to change what counts as one."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text, without port and zone; None when there is none.

    `X-Forwarded-For` holds what a proxy puts there: ports, brackets, "unknown" (RFC 7239).
    """
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(text: str) -> str:
    """What counts as one client: an IPv4 address, or the 2**64 IPv6 addresses of one network."""
    address = parse(text)
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address or "unknown")
