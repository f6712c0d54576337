"""The account that a command looks at, and Custodian's policies run in it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click
from botocore.config import Config as ClientConfig
from c7n.config import Config
from c7n.credentials import SessionFactory
from c7n.exceptions import CustodianError

from c7n_certrenew import pack
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.aws.iam import read_once
from c7n_certrenew.commands.loading import load
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from c7n_certrenew.commands.options import Access

_QUICK = ClientConfig(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class Account:
    """An account that answered; `session` has the credentials that were asked for."""

    access: Access
    session: boto3.Session
    account_id: str
    partition: str
    region: str

    @property
    def clients(self) -> Clients:
        """Return new clients on its session."""
        return Clients(self.session, self.account_id, self.partition)

    def run_shipped(self, policies: Iterable[pack.Shipped], output: Path) -> None:
        """Run shipped policies; each certificate's body is read once for all of them.

        Raises what a policy raises: one that failed has found nothing.
        """
        with read_once():
            for one in policies:
                for policy in load(one.path, self._options(output)):
                    policy()

    def _options(self, output: Path) -> Any:
        return Config.empty(
            region=self.region,
            regions=[self.region],
            account_id=self.account_id,
            profile=self.access.profile or None,
            assume_role=self.access.assume or None,
            external_id=self.access.external_id or None,
            output_dir=str(output),
        )


def reach(access: Access) -> Account:
    """Ask AWS who we are. Raises ClickException without a region and what boto3 raises."""
    logging.getLogger("custodian").addHandler(logging.NullHandler())
    region = access.region or boto3.Session(profile_name=access.profile or None).region_name
    if not region:
        raise click.ClickException(
            "no region is set: say --region, or set AWS_DEFAULT_REGION or one in ~/.aws/config"
        )
    make_session = SessionFactory(
        region, access.profile or None, access.assume or None, access.external_id or None
    )
    session: boto3.Session = make_session()
    sts = session.client("sts", region_name=region, config=_QUICK)
    _, partition, *_, account_id, _ = sts.get_caller_identity()["Arn"].split(":", 5)
    return Account(access, session, account_id, partition, region)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what AWS, Custodian, files and outputs are at fault for into one line, exit code 1."""
    try:
        yield
    except FAULTS as fault:
        hint = "; certrenew permissions prints what is needed" if code(fault) in _DENIED else ""
        raise click.ClickException(plain(explain(fault)) + hint) from fault
    except OSError as error:
        raise click.ClickException(plain(f"{error.filename}: {error.strerror}")) from error
    except (CustodianError, OutputError) as error:
        raise click.ClickException(plain(" ".join(str(error).split()))) from error
