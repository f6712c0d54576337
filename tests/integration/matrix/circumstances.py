"""Arbitrary circumstances of a renewal: what is served, what there is at the source, what fits."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from integration.conftest import renewing
from integration.matrix.moments import Lineage
from integration.matrix.worlds import DUE, REGIONS, Server, World, servers

from c7n_certrenew.core.model import CLOUDFRONT_PATH
from c7n_certrenew.sandbox import Issued, Sandbox

WRITES = ("SetLoadBalancerListenerSSLCertificate", "ModifyListener", "UploadServerCertificate")


@dataclass(frozen=True)
class Circumstances:
    """What a policy meets and what it says.

    `held` are the numbers of the due certificates whose renewal the source has, `copied` those of
    which IAM has it already; `regions` are those where ACM has them. `room` is how many
    certificates IAM takes, `unread` a region that cannot be read, `denied` a call that is refused.
    """

    servers: tuple[Server, ...]
    source: str
    store: str
    held: frozenset[int]
    copied: frozenset[int]
    regions: frozenset[str]
    room: int
    order: tuple[Any, ...]
    max_bindings: int
    unread: str
    denied: str

    def populate(
        self, sandbox: Sandbox, lineages: Sequence[Lineage], others: Sequence[Issued]
    ) -> None:
        """Make the world in an empty sandbox."""
        World(self.servers).populate(sandbox, lineages, others)
        for number in sorted(self.copied):
            sandbox.upload(f"copy-{number}", lineages[number].new, CLOUDFRONT_PATH)
        for number in sorted(self.held):
            self._provide(sandbox, lineages[number])
        sandbox.quota = len(sandbox.certificates()) + self.room
        if self.unread:
            sandbox.deny("elb*", "Describe*", self.unread)
        if self.denied:
            sandbox.deny("*", self.denied)

    def _provide(self, sandbox: Sandbox, one: Lineage) -> None:
        """Have AWS hold a renewal where the source is its own store."""
        tags = {"certrenew:lineage": one.name}
        if self.source == "iam":
            sandbox.upload(f"newer-{one.name}", one.new, CLOUDFRONT_PATH, tags)
        if self.source == "acm":
            for region in sorted(self.regions):
                sandbox.import_acm(one.new, region, tags=tags)

    def write(self, directory: Path, lineages: Sequence[Lineage]) -> None:
        """Have files hold the renewals that the source has, and nothing else."""
        shutil.rmtree(directory / "certs", ignore_errors=True)
        for number in sorted(self.held):
            lineages[number].new.write(directory / "certs" / lineages[number].name)

    def policy(self) -> dict[str, Any]:
        """Return the policy: its filter plans what its action does."""
        given: dict[str, Any] = {} if self.source == "files" else {"source": {"type": self.source}}
        options = {"store": self.store, "order": list(self.order), "trust": "any"}
        publish = {"ssm": "/certs/<lineage>"}
        made = renewing(
            **given, **options, verify="api", max_bindings=self.max_bindings, publish=publish
        )
        return {**made, "filters": [made["filters"][0], {"type": "replacement"}]}


_numbers = st.frozensets(st.integers(0, DUE - 1))
_everything = st.just(frozenset(range(DUE)))
_orders = st.sampled_from(((), (), (REGIONS[1],), ((REGIONS[0],), "*"), ("*", REGIONS[0])))


def circumstances() -> st.SearchStrategy[Circumstances]:
    """Return arbitrary ones; most of the time nothing is missing, or in the way."""
    ways = st.sampled_from((("files", "iam"), ("files", "iam"), ("iam", "iam"), ("acm", "iam")))
    ways = st.one_of(ways, st.just(("files", "acm")))
    found = st.lists(servers("distribution", "domain", owned=True), min_size=1, max_size=4)
    return ways.flatmap(
        lambda way: st.builds(
            Circumstances,
            servers=found.map(tuple),
            source=st.just(way[0]),
            store=st.just(way[1]),
            held=st.one_of(_everything, _everything, _numbers),
            copied=st.one_of(st.just(frozenset()), _numbers),
            regions=st.frozensets(st.sampled_from(REGIONS), min_size=1),
            room=st.sampled_from((9, 9, 1, 0)),
            order=_orders,
            max_bindings=st.sampled_from((50, 50, 1, 3)),
            unread=st.sampled_from(("", "", "", *REGIONS)),
            denied=st.sampled_from(("", "", *WRITES)),
        )
    )
