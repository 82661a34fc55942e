"""The network address of a client, as rate limits and the counts of wrong passwords see it.

Behind a trusted proxy uvicorn has already put the visitor's address in place of the proxy's.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

KEY_SCOPE = "api_key"  # where web.edge.key_gate leaves the ApiKey in the ASGI scope
_HOUSEHOLD = 64  # an IPv6 customer gets a /64 (RFC 6177): its addresses count as one


def client_address(scope: Scope) -> str:
    """The name the request's address is counted under; empty when it has none."""
    return household(scope["client"][0] if scope["client"] else "")


def household(address: str) -> str:
    """The name an address is counted under: IPv4 whole, IPv6 by its /64.

    >>> household("2001:db8:1:2:3:4:5:6"), household("::ffff:192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    # A socket for both families reports IPv4 clients as ::ffff:a.b.c.d, all in one /64.
    mapped = parsed.ipv4_mapped
    if mapped is not None:
        return str(mapped)
    return str(ip_network((int(parsed), _HOUSEHOLD), strict=False))
