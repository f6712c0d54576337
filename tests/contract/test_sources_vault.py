"""How Vault is asked, and what its answers are called."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from contract.kept import Place, fields
from vaults import TOKEN

from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Authority, Issued
from c7n_certrenew.sources import make_source, vault_session
from c7n_certrenew.sources.base import Access, SourceError

SOURCE = {"type": "vault", "path": "certs/<lineage>"}


def why(old: Stored, here: Access, **options: Any) -> str:
    """Return what is wrong with what Vault has."""
    with pytest.raises(SourceError) as caught:
        make_source({**SOURCE, **options}).find(old, here)
    assert TOKEN not in str(caught.value)
    return str(caught.value)


def test_versions_mount_points_and_namespaces(
    place: Place,
    here: Access,
    old: Stored,
    issued: Issued,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The latest version, or the one that is named, of the engine and namespace that are."""
    earlier = authority.issue("www.example.com", days=20, key="p256")
    names = {"private_key": "key", "certificate": "crt", "certificate_chain": "issuing"}
    for one in (earlier, issued):
        place.vault.put("kv/certs/web", **{names[k]: v for k, v in fields(one).items()})
    monkeypatch.setenv("VAULT_NAMESPACE", "team/shop")
    options = {
        **SOURCE,
        "mount-point": "kv",
        "fields": {"private-key": "key", "certificate": "crt", "chain": "issuing"},
    }
    found = make_source(options).find(old, here)
    assert (found.leaf.fingerprint, found.key_matches) == (issued.fingerprint, True)
    assert found.versions == (("vault:kv/certs/web", "2"),)
    before = make_source({**options, "version": 1}).find(old, here)
    assert before.leaf.fingerprint == earlier.fingerprint
    assert before.versions == (("vault:kv/certs/web", "1"),)
    assert set(place.vault.namespaces) == {"team/shop"}


def test_address_is_the_policys_or_the_variable(
    place: Place, here: Access, old: Stored, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `url` goes before VAULT_ADDR; what does not answer there is one line."""
    place.vault.put("secret/certs/web", **fields(issued))
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    assert why(old, here).startswith(
        "vault:secret/certs/web: http://127.0.0.1:9 does not answer: ConnectionError: "
    )
    found = make_source({**SOURCE, "url": place.vault.url}).find(old, here)
    assert found.leaf.fingerprint == issued.fingerprint
    assert "opensesame" not in why(old, here, url="http://shop:opensesame@127.0.0.1:9")


def test_refusals_are_one_line(
    place: Place, here: Access, old: Stored, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token without the right, one that is none, a Vault that is sealed, what is no Vault."""
    place.vault.put("secret/certs/web", **fields(issued))
    at = f"vault:secret/certs/web: {place.vault.url} answered"
    monkeypatch.setenv("VAULT_TOKEN", "hvs.other")
    assert why(old, here) == f"{at} Forbidden: permission denied"
    monkeypatch.setenv("VAULT_TOKEN", f"{TOKEN}\nX-Other: 1")
    assert why(old, here) == (
        "vault:secret/certs/web: VAULT_TOKEN or VAULT_NAMESPACE has characters that no header "
        "may have"
    )
    monkeypatch.setenv("VAULT_TOKEN", f"{TOKEN}\n")
    assert make_source(SOURCE).find(old, here).leaf.fingerprint == issued.fingerprint
    place.vault.instead = 503, b'{"errors":["Vault is sealed"]}'
    assert why(old, here) == f"{at} VaultDown: Vault is sealed"
    place.vault.instead = 502, b"<html>\n" + b"a" * 9999
    assert why(old, here) == f"{at} BadGateway"
    place.vault.instead = 307, b""
    assert why(old, here).endswith("what answered is no secret of a KV engine of version 2")


def test_certificates_are_verified(
    place: Place, here: Access, old: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What VAULT_CACERT names must be there; VAULT_SKIP_VERIFY skips nothing."""
    monkeypatch.setenv("VAULT_SKIP_VERIFY", "true")
    monkeypatch.setenv("VAULT_CACERT", "/nowhere.pem")
    said = why(old, here, url=place.vault.url.replace("http:", "https:"))
    assert "does not answer: OSError: Could not find a suitable TLS CA certificate bundle" in said
    assert place.vault.asked == []


def test_without_hvac(here: Access, old: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named that brings it."""
    monkeypatch.setitem(sys.modules, "hvac", None)
    assert why(old, here) == (
        "source vault needs hvac, which is not installed: pip install 'c7n-certrenew[vault]'"
    )


def test_answers_that_no_vault_gives(place: Place, here: Access, old: Stored) -> None:
    """What has another form is one line, too; versions are not said where there are none."""
    for status, body in (
        (400, b'{"errors": [{"a": 1}]}'),
        (403, b'{"errors": "x"}'),
        (418, b"{}"),
        (200, b'{"data": {"data": {"certificate": 5}, "metadata": 5}}'),
    ):
        place.vault.instead = status, body
        assert why(old, here).startswith("vault:secret/certs/web: ")
    said = why(old, here, url="http://a..b")
    assert said == (
        "vault:secret/certs/web: http://a..b does not answer as Vault does: LocationParseError"
    )


def test_answers_end(
    place: Place, here: Access, old: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is endless is not read on, in bytes or in time; after the run's time none is."""
    place.vault.instead = 200, b"a" * 100_000
    monkeypatch.setattr(vault_session, "SIZE_LIMIT", 9)
    assert why(old, here).endswith("OSError: its answer is larger than 18 bytes")
    monkeypatch.undo()
    monkeypatch.setattr(vault_session, "_CHUNK", 9)
    monkeypatch.setattr(vault_session, "time", Clock())
    said = why(old, here, url=place.vault.url)
    assert said.endswith("TimeoutError: its answer does not end")
    place.vault.asked.clear()
    here.clients.budget.start(0)
    assert why(old, here) == "vault:secret/certs/web: the run's time-out is over"
    assert place.vault.asked == []


class Clock:
    """A clock that goes on by ten seconds whenever it is looked at."""

    now = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        self.now += 10
        return self.now
