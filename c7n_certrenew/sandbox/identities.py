"""Who may sign calls: the users of the accounts, and the roles that they assume."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .policies import FULL_ACCESS, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALPHABET = string.ascii_uppercase + string.digits
ANYONE = "*"


@dataclass(frozen=True)
class Role:
    """Hold a role: what it may do, who may assume it (accounts or ARNs), for how many seconds."""

    arn: str
    policies: tuple[Policy, ...] = (FULL_ACCESS,)
    trusts: frozenset[str] = frozenset({ANYONE})
    external_id: str | None = None
    longest: int = 3600

    @property
    def account_id(self) -> str:
        """Return the account of the role."""
        return account_of(self.arn)

    @property
    def name(self) -> str:
        """Return the name without the path."""
        return self.arn.rsplit("/", 1)[1]

    def trusts_caller(self, caller: Caller, external_id: str | None) -> bool:
        """Say whether a caller may assume the role; an id that is not asked for does not matter."""
        named = not self.trusts.isdisjoint({ANYONE, *caller.names})
        return named and self.external_id in (None, external_id)


@dataclass(frozen=True)
class Session:
    """Hold the credentials of an assumed role, and what they may do at most."""

    access_key: str
    role_arn: str
    name: str
    expires: dt.datetime
    policy: Policy | None = None


@dataclass(frozen=True)
class Caller:
    """Hold who signed a call; `principal` is the user or role that policies and trusts name."""

    account_id: str
    arn: str
    principal: str
    user_id: str
    policies: tuple[Policy, ...]
    session: Session | None = None

    @property
    def names(self) -> frozenset[str]:
        """Return what a trust may call the caller: its account, the account's root, its ARNs."""
        root = f"arn:{self.principal.split(':')[1]}:iam::{self.account_id}:root"
        return frozenset({self.account_id, root, self.principal, self.arn})


@dataclass
class Identities:
    """Keep users by access key, roles by ARN, sessions by access key, and accounts' SCPs."""

    users: dict[str, Caller] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    scps: dict[str, list[Policy]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget roles, sessions and policies; users stay and may do everything again."""
        for state in (self.roles, self.sessions, self.scps):
            state.clear()
        for key in self.users:
            self.restrict(key, (FULL_ACCESS,))

    def add_user(self, access_key: str, account_id: str, partition: str) -> None:
        """Let a key stand for the user of an account."""
        arn = f"arn:{partition}:iam::{account_id}:user/sandbox"
        user = Caller(account_id, arn, arn, f"AIDA{account_id}00000", (FULL_ACCESS,))
        self.users.setdefault(access_key, user)

    def restrict(self, access_key: str, policies: Iterable[Policy]) -> None:
        """Let a user do only what policies allow."""
        self.users[access_key] = replace(self.users[access_key], policies=tuple(policies))

    def role(self, arn: str) -> Role | None:
        """Return a role; in an account that declares none, anyone may assume any of them."""
        strict = any(role.account_id == account_of(arn) for role in self.roles.values())
        return self.roles.get(arn) if strict else Role(arn)

    def assume(self, role: Role, name: str, expires: dt.datetime, policy: Policy | None) -> Session:
        """Give out credentials for a role."""
        session = Session(f"ASIA{_random(16)}", role.arn, name, expires, policy)
        self.sessions[session.access_key] = session
        return session

    def expire(self, account_id: str, now: dt.datetime) -> None:
        """Let the sessions of an account's roles end at once."""
        for key, session in self.sessions.items():
            if account_of(session.role_arn) == account_id:
                self.sessions[key] = replace(session, expires=min(session.expires, now))

    def caller(self, access_key: str) -> Caller | None:
        """Return who has a key, also when its session has expired; None for an unknown key."""
        session = self.sessions.get(access_key)
        return self.users.get(access_key) if session is None else self.assumed(session)

    def assumed(self, session: Session) -> Caller:
        """Return who calls with a session; its role may do what it may do at this moment."""
        role = self.role(session.role_arn) or Role(session.role_arn, policies=())
        partition = role.arn.split(":")[1]
        return Caller(
            account_id=role.account_id,
            arn=f"arn:{partition}:sts::{role.account_id}:assumed-role/{role.name}/{session.name}",
            principal=role.arn,
            user_id=f"AROA{role.account_id}00000:{session.name}",
            policies=role.policies,
            session=session,
        )


def account_of(arn: str) -> str:
    """Return the account that an ARN names."""
    return arn.split(":")[4]


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
