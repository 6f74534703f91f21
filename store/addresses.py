"""Which network addresses a request that a user named may go to."""

import ipaddress
from collections.abc import Sequence

from store.errors import SetupError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
# From the IANA special-purpose registries: parts of the public ranges that lead somewhere else.
_SPECIAL: tuple[_Network, ...] = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.IPv6Network("2001::/23"),  # Teredo, ORCHID, benchmarking
    ipaddress.IPv6Network("2002::/16"),  # 6to4: carries any IPv4 address
    ipaddress.IPv6Network("3fff::/20"),  # documentation
)


def is_public(address: Address) -> bool:
    """Whether `address` belongs to one host of the public internet.

    IPv6 addresses that stand for IPv4 ones (mapped, NAT64, 6to4) do not count as public.
    """
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_V6:
        return False
    return address.is_global and not address.is_multicast


class AllowList:
    """Places listed in the settings: `host`, `host:port`, an address, or a network in CIDR form."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._networks: list[_Network] = []
        self._hosts: set[str] = set()
        for entry in entries:
            self._add(entry.strip().lower())

    def allows(self, host: str, port: int, address: Address) -> bool:
        """Whether the settings list this place, by name or by address."""
        name = f"[{host}]" if ":" in host else host
        return not self._hosts.isdisjoint({name, f"{name}:{port}"}) or any(
            address in network for network in self._networks
        )

    def __str__(self) -> str:
        return ", ".join([*sorted(self._hosts), *map(str, self._networks)]) or "nothing"

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ipaddress.ip_network(entry))
        except ValueError as error:
            if "/" in entry or not entry:
                raise SetupError(
                    f"{entry!r} is no place that can be allowed ({error}); "
                    "write a host, host:port, or a network such as 10.1.0.0/16"
                ) from error
            self._hosts.add(entry)
