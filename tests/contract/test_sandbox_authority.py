"""The sandbox's authority issues what it is asked for."""

from __future__ import annotations

import datetime as dt
import stat
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

    from c7n_certrenew.sandbox import Authority


def issue(authority: Authority, *names: str, **options: Any) -> x509.Certificate:
    """Issue a P-256 certificate and parse it."""
    issued = authority.issue(*names, **{"key": "p256", **options})
    return x509.load_pem_x509_certificate(issued.certificate.encode())


def test_first_name_is_the_common_name_and_all_are_alternatives(authority: Authority) -> None:
    """CN and SAN follow the names (RFC 5280)."""
    leaf = issue(authority, "www.example.com", "api.example.com", ips=("192.0.2.1",))
    common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert common == "www.example.com"
    assert names.get_values_for_type(x509.DNSName) == ["www.example.com", "api.example.com"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [({"days": 90}, 0, 90), ({"days": 10, "age": 80}, -80, 10), ({"days": -5, "age": 90}, -95, -5)],
)
def test_validity_is_counted_from_now(
    authority: Authority, options: dict[str, float], before: int, after: int
) -> None:
    """`days` is what is left, `age` what has passed, or the life of an expired one."""
    leaf, now = issue(authority, "www.example.com", **options), dt.datetime.now(dt.timezone.utc)
    near = dt.timedelta(minutes=5)
    assert abs(leaf.not_valid_before_utc - now - dt.timedelta(days=before)) < near
    assert abs(leaf.not_valid_after_utc - now - dt.timedelta(days=after)) < near


def test_purpose_and_authority_can_be_wrong(authority: Authority) -> None:
    """Certificates that a preflight must refuse can be made."""
    leaf = issue(authority, "www.example.com", ca=True, server_auth=False, must_staple=True)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert leaf.extensions.get_extension_for_class(x509.TLSFeature)


def test_key_can_be_used_again(authority: Authority) -> None:
    """A renewal may keep its key."""
    first = authority.issue("www.example.com", key="p256")
    second = authority.issue("www.example.com", key=first.private_key)
    assert second.private_key == first.private_key
    assert second.fingerprint != first.fingerprint


def test_files_are_written_with_a_private_key_mode(authority: Authority, tmp_path: Path) -> None:
    """Keys on disk are for their owner alone."""
    issued = authority.issue("www.example.com", key="p256")
    issued.write(tmp_path / "web")
    issued.write(tmp_path / "web")
    key = tmp_path / "web" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text() == issued.private_key
    assert (tmp_path / "web" / "chain.pem").read_text() == issued.chain
