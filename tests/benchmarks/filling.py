"""Put a world into a sandbox, straight into its backends."""

from __future__ import annotations

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

from .worlds import World

_NAME = "www.example.com"


def fill(sandbox: Sandbox, account: World, authority: Authority) -> None:
    """Fill an empty sandbox; certificates that expire on the same day have the same body."""
    days = set(account.certificates.values())
    issued = {left: authority.issue(_NAME, days=left, age=50, key="p256") for left in days}
    arns = {name: sandbox.upload(name, issued[left]) for name, left in account.certificates.items()}
    create = {
        "classic": sandbox.classic,
        "application": sandbox.application,
        "network": sandbox.network,
    }
    for balancer in account.balancers:
        listeners = (
            Listener(
                port=listener.port,
                protocol=listener.protocol,
                certificate=arns[listener.certificate] if listener.certificate else None,
                sni=tuple(arns[name] for name in listener.sni),
            )
            for listener in balancer.listeners
        )
        create[balancer.kind](balancer.region, balancer.name, *listeners)
