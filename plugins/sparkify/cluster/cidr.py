"""Who may reach the cluster: one network, written exactly, and not the whole world by accident."""

from ipaddress import IPv4Address, IPv4Network

# A shorter prefix than this is no one's own network: half of the world, twice, is the world.
_WORLD = 8


def parse_cidr(text: str, *, any_address: bool = False) -> IPv4Network:
    """Return the network of a CIDR block, `203.0.113.0/24` say (RFC 4632).

    :param any_address: whether a block as wide as the internet was confirmed.
    :raises ValueError: for what is not one, has bits set beyond its prefix, or is wider than was confirmed; the message
        says what to write.
    """
    text = text.strip()
    if not text:
        raise ValueError("is empty: give the network that may connect, 203.0.113.0/24 or a single 203.0.113.7/32 say")
    if ":" in text:
        raise ValueError(f"{text!r} is not an IPv4 network: the cluster gets no IPv6 address, give an IPv4 network")
    if "/" not in text:
        try:
            alone = IPv4Address(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a network: expected an address and a prefix, 203.0.113.0/24") from None
        raise ValueError(f"{text!r} has no prefix length: write {alone}/{alone.max_prefixlen} for this address alone")
    try:
        network = IPv4Network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network: {error}") from None
    if not text.rpartition("/")[2].isdigit():
        raise ValueError(f"{text!r} has a mask for a prefix length: write {network}")
    address = IPv4Address(text.partition("/")[0])
    if address != network.network_address:
        raise ValueError(
            f"{text!r} is wider than its address says: it means {network}. Write that, or "
            f"{address}/{address.max_prefixlen} for this address alone"
        )
    if network.prefixlen < _WORLD and not any_address:
        raise ValueError(
            f"{text!r} lets {'everybody' if network.prefixlen == 0 else 'a large part of the internet'} in: narrow "
            "it, or confirm it with the field any_address"
        )
    return network
