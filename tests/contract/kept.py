"""Every way to keep a renewed certificate with its key: how it is asked for, and put there.

A new source that has keys is a row of KINDS; what AWS holds already is in test_sources_existing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from boto3 import Session
from vaults import Vault

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.core.candidate import Material, assemble
from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Issued, Sandbox

BUCKET = "renewed"


@dataclass(frozen=True)
class Place:
    """Where sources look: a sandbox, a Vault, a directory."""

    near: Sandbox
    vault: Vault
    root: Path

    def calls(self) -> list[tuple[str, str, str]]:
        """Return what AWS and Vault were asked: an operation, on what, and how it went wrong."""
        names = ("Key", "SecretId", "Name", "RoleArn")
        aws = [
            (
                call.operation,
                str(next((call.parameters[n] for n in names if n in call.parameters), "")),
                call.error_code or "",
            )
            for call in self.near.journal
        ]
        return aws + [(method, path, "") for method, path, _ in self.vault.asked]


class Near(Clients):
    """Clients of a sandbox in this process, which show every error at once."""

    def __init__(self, place: Place) -> None:
        super().__init__(Session(region_name="us-east-1"), place.near.account_id)
        self.place = place

    def get(self, service: str, region: str | None = None) -> Any:  # type: ignore[override]
        """Return a client that does not retry."""
        return self.place.near.client(service, region)


def stored(issued: Issued, name: str = "web", **tags: str) -> Stored:
    """Return a server certificate as IAM holds it."""
    leaf = assemble(Material("old", issued.certificate.encode())).leaf
    arn = f"arn:aws:iam::123456789012:server-certificate/{name}"
    expiration = datetime(2027, 1, 31, tzinfo=timezone.utc)
    certificate = ServerCertificate(name, arn, "/", expiration)
    chain = assemble(Material("old", issued.certificate.encode())).chain
    return Stored(certificate, leaf, chain, tuple(sorted(tags.items())), lineage=name)


Fill = Callable[[Place, Issued], None]


@dataclass(frozen=True)
class Kind:
    """One way: the policy's `source:` block, how what it names is filled, and what it is called.

    `place` has the certificate, `key` the private key where that is kept apart. `versions` says
    whether places have versions; `read` is the call of AWS that reads one.
    """

    options: Mapping[str, Any]
    fill: Fill
    place: str
    absent: str
    key: str = ""
    versions: bool = True
    read: tuple[str, str] = ("", "")


def _files(place: Place, issued: Issued) -> None:
    folder = place.root / "certs" / "web"
    issued.write(folder)
    (folder / "all.pem").write_text(bundle(issued))


def _objects(place: Place, issued: Issued) -> None:
    s3 = place.near.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for name, text in named(issued).items():
        s3.put_object(Bucket=BUCKET, Key=f"certs/web/{name}.pem", Body=text.encode())


def _secrets(place: Place, issued: Issued) -> None:
    client = place.near.client("secretsmanager")
    for name, text in {**named(issued), "json": json.dumps(fields(issued))}.items():
        client.create_secret(Name=f"certs/web/{name}", SecretString=text)
    client.create_secret(Name="certs/web/binary", SecretBinary=bundle(issued).encode())


def _parameters(place: Place, issued: Issued) -> None:
    client = place.near.client("ssm")
    for name, text in {**named(issued), "json": json.dumps(fields(issued))}.items():
        kind = "String" if name in ("cert", "chain") else "SecureString"
        client.put_parameter(Name=f"/certs/web/{name}", Value=text, Type=kind, Tier="Advanced")


def _vault(place: Place, issued: Issued) -> None:
    every = fields(issued)
    place.vault.put("secret/certs/web", **every)
    key = {"private_key": every.pop("private_key")}
    place.vault.put("secret/public/web", **every)
    place.vault.put("secret/keys/web", **key)


def bundle(issued: Issued) -> str:
    """Return one PEM text of everything."""
    return issued.certificate + issued.chain + issued.private_key


def named(issued: Issued) -> dict[str, str]:
    """Return the PEM texts by the names that the kinds give them."""
    return {
        "cert": issued.certificate,
        "chain": issued.chain,
        "key": issued.private_key,
        "all": bundle(issued),
    }


def fields(issued: Issued) -> dict[str, str]:
    """Return what a JSON secret has."""
    return {
        "certificate": issued.certificate,
        "certificate_chain": issued.chain,
        "private_key": issued.private_key,
    }


def _apart(kind: str, pattern: str, **options: str) -> dict[str, str]:
    return {
        "type": kind,
        "certificate": pattern.format("cert"),
        "private-key": pattern.format("key"),
        "chain": pattern.format("chain"),
        **options,
    }


_GET, _SECRET, _PARAMETER = (
    ("s3", "GetObject"),
    ("secretsmanager", "GetSecretValue"),
    ("ssm", "GetParameter"),
)
_SM, _SSM = "certs/<lineage>/{}", "/certs/<lineage>/{}"
_FILE, _NONE = "no such file", "no such secret or version in us-east-1"

KINDS: dict[str, Kind] = {
    "files apart": Kind(
        _apart("files", "certs/<lineage>/{}.pem"),
        _files,
        "certs/web/cert.pem",
        _FILE,
        "certs/web/key.pem",
        versions=False,
    ),
    "files bundle": Kind(
        {"type": "files", "bundle": "certs/<lineage>/all.pem"},
        _files,
        "certs/web/all.pem",
        _FILE,
        versions=False,
    ),
    "s3 apart": Kind(
        _apart("s3", "certs/<lineage>/{}.pem", bucket=BUCKET),
        _objects,
        f"s3://{BUCKET}/certs/web/cert.pem",
        "no such bucket",
        "certs/web/key.pem",
        read=_GET,
    ),
    "s3 bundle": Kind(
        {"type": "s3", "bucket": BUCKET, "bundle": "certs/<lineage>/all.pem"},
        _objects,
        f"s3://{BUCKET}/certs/web/all.pem",
        "no such bucket",
        read=_GET,
    ),
    "secretsmanager apart": Kind(
        _apart("secretsmanager", _SM),
        _secrets,
        "secretsmanager:certs/web/cert",
        _NONE,
        "certs/web/key",
        read=_SECRET,
    ),
    **{
        f"secretsmanager {form}": Kind(
            {"type": "secretsmanager", "secret": _SM.format(form)},
            _secrets,
            f"secretsmanager:certs/web/{form}",
            _NONE,
            read=_SECRET,
        )
        for form in ("json", "all", "binary")
    },
    "ssm apart": Kind(
        _apart("ssm", _SSM),
        _parameters,
        "ssm:/certs/web/cert",
        "no such parameter in us-east-1",
        "/certs/web/key",
        read=_PARAMETER,
    ),
    **{
        f"ssm {form}": Kind(
            {"type": "ssm", "bundle": _SSM.format(form)},
            _parameters,
            f"ssm:/certs/web/{form}",
            "no such parameter in us-east-1",
            read=_PARAMETER,
        )
        for form in ("json", "all")
    },
    "vault": Kind(
        {"type": "vault", "path": "certs/<lineage>"},
        _vault,
        "vault:secret/certs/web",
        "no such secret, or no such version of it, at http://127.0.0.1:",
    ),
    "vault apart": Kind(
        {"type": "vault", "path": "public/<lineage>", "private-key-path": "keys/<lineage>"},
        _vault,
        "vault:secret/public/web",
        "no such secret, or no such version of it, at http://127.0.0.1:",
        "secret/keys/web",
    ),
}
APART = {name: kind for name, kind in KINDS.items() if kind.key}
ON_AWS = {name: kind for name, kind in KINDS.items() if kind.read[0]}
