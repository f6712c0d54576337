"""Policies that tell others: what c7n-mailer makes of a message, and what an address is sent."""

from __future__ import annotations

import base64
import json
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from c7n_mailer.slack_delivery import SlackDelivery
from c7n_mailer.utils_email import get_mimetext_message
from integration.conftest import SOURCE, Engine, Ran

from c7n_certrenew.cli import main
from c7n_certrenew.commands.granting import document, loaded, needed_by
from c7n_certrenew.commands.permissions import AUDIT, NOTIFY
from c7n_certrenew.sandbox import Issued, Listener, Sandbox

NOTIFYING, POSTING = "iam-certificate-expiring-notify", "iam-certificate-expiring-webhook"
HOSTILE = "<script>a</script>&<!channel> `x` \"'\n<http://x.invalid|y>"
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
BLOCKS, CHARACTERS, MESSAGE = 50, 3000, 13_000
"""What Slack takes: blocks and characters of one by its reference, of a message as is known."""


@dataclass(frozen=True)
class Mailer:
    """c7n-mailer with the copied templates, and a message from its queue."""

    folder: Path
    message: dict[str, Any]

    def about(self, *resources: dict[str, Any], to: str = "slack://#shop") -> Mailer:
        """Return the same with other certificates, told to somebody else."""
        action = {**self.message["action"], "to": [to]}
        return replace(self, message={**self.message, "action": action, "resources": resources})

    @property
    def mail(self) -> Message:
        """Return what c7n-mailer would send."""
        config = {"templates_folders": [str(self.folder)], "from_address": "c7n@example.invalid"}
        log, found = logging.getLogger("mailer"), self.message["resources"]
        to = self.message["action"]["to"]
        made: Message = get_mimetext_message(config, log, self.message, found, to)
        return made

    @property
    def html(self) -> str:
        """Return the text of the mail."""
        body = self.mail.get_payload(decode=True)
        assert isinstance(body, bytes)
        return body.decode()

    @property
    def slack(self) -> dict[str, Any]:
        """Return what c7n-mailer would post to Slack."""
        delivery = SlackDelivery({"templates_folders": [str(self.folder)]}, None, None)
        [payload] = delivery.get_to_addrs_slack_messages_map(self.message).values()
        return dict(json.loads(payload))

    @property
    def texts(self) -> list[str]:
        """Return the texts of the blocks in Slack."""
        return [block["text"]["text"] for block in self.slack["blocks"]]


class Page(HTMLParser):
    """The text of a mail, the elements in it, and whatever these would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.loads = "", set[str](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and what it refers to."""
        self.tags.add(tag)
        self.loads += [name for name, _ in attrs if name in ("src", "href", "background")]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def copied(folder: Path, name: str, *values: str) -> dict[str, Any]:
    """Copy a policy as a user does; return it with its variables resolved."""
    settings = [word for value in values for word in ("--set", value)]
    assert main(["policies", "copy", str(folder), name, *settings]) == 0
    [policy] = yaml.safe_load((folder / f"fleet/{name}.yml").read_text())["policies"]
    return dict(policy)


def populate(sandbox: Sandbox, old: Issued) -> str:
    """Have `web` served by a stack's load balancer and a free one, `idle` by nobody."""
    web = sandbox.upload("web", old)
    sandbox.upload("idle", old)
    stack = {"aws:cloudformation:stack-name": "shop-prod"}
    sandbox.application("us-east-1", "shop", Listener(443, "HTTPS", web), tags=stack)
    sandbox.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web))
    return web


def allow(sandbox: Sandbox, file: Path, *roles: str) -> None:
    """Let the account's user do what these roles may for a policy, and nothing else."""
    needed = needed_by(loaded([file]))
    sandbox.restrict(*[document(needed, role=role) for role in roles])


@pytest.fixture
def mailer(tmp_path: Path) -> Mailer:
    """Give c7n-mailer with a message about nothing yet."""
    action = copied(tmp_path, NOTIFYING)["actions"][0]
    about = {"policy": {"name": NOTIFYING}, "account_id": "123456789012"}
    return Mailer(tmp_path / "fleet/templates", {"action": action, **about})


@pytest.fixture
def sent(near: Sandbox, engine: Engine, old: Issued, tmp_path: Path) -> Mailer:
    """Give what the policy sends, run with nothing but its roles."""
    populate(near, old)
    policy = copied(tmp_path, NOTIFYING, "queue=told", "to=[ops@example.invalid]")
    policy["filters"] += [{"type": "replacement", "source": SOURCE}]
    sqs = near.client("sqs", "us-east-1")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    allow(near, tmp_path / f"fleet/{NOTIFYING}.yml", AUDIT, NOTIFY)
    ran: Ran = engine(policy)
    assert ran.returncode == 0, ran.text
    near.restrict(EVERYTHING)
    [taken] = sqs.receive_message(QueueUrl=queue)["Messages"]
    message = json.loads(zlib.decompress(base64.b64decode(taken["Body"])))
    return Mailer(tmp_path / "fleet/templates", message)


def test_mail_and_slack_say_what_is_known(sent: Mailer, near: Sandbox) -> None:
    """Account, certificate, days left, every listener with its owner, the plan, the next step."""
    mail, page = sent.mail, Page(sent.html)
    assert mail.get_content_type() == "text/html"
    assert (mail["To"], mail["Subject"]) == (
        "ops@example.invalid",
        "Server certificates in use are due for renewal",
    )
    arn = f"arn:aws:iam::{near.account_id}:server-certificate/web"
    slack = sent.about(*sent.message["resources"]).slack
    told = "\n".join(block["text"]["text"] for block in slack["blocks"])
    for text in (page.text, told):
        for part in (near.account_id, arn, "11 days left", "us-east-1", "eu-west-1", "443"):
            assert part in text
        for part in ("shop", "legacy", "shop-prod", "default", "Refused", "certrenew plan plan"):
            assert part in text
        assert "idle" not in text
        assert "PRIVATE KEY" not in text
    assert page.loads == []
    assert slack["channel"] == "shop"
    assert slack["text"].startswith("1 server certificate is due for renewal")
    assert "PRIVATE KEY" not in json.dumps(sent.message)


def certificate(name: str, listeners: int = 1, **more: Any) -> dict[str, Any]:
    """Return a certificate as filters leave it, whose every text is the name."""
    binding = {"Service": "elb", "Region": name, "LoadBalancerName": name, "Port": 443}
    binding |= {"Role": "default", "ManagedBy": name, "Held": name, "Reason": name}
    return {
        "ServerCertificateName": name,
        "Arn": name,
        "Expiration": "2030-01-01T00:00:00+00:00",
        "c7n:expiry": {"DaysLeft": 1, "Expired": False},
        "c7n:listeners": [binding] * listeners,
        **more,
    }


def told_of(name: str) -> Iterator[dict[str, Any]]:
    """Yield certificates with each kind of plan, and one of which not all could be looked at."""
    reasons = [{"Code": name, "Message": name}]
    bound = certificate(name)["c7n:listeners"]
    target = {"NewName": name, "Candidate": {"NotAfter": "2031-01-01", "Issuer": name}}
    ready = {"Verdict": "ready", "Bindings": bound, "Notes": reasons, **target}
    regional = {"Verdict": "ready", "Targets": [{"Region": name, **target}]}
    for plan in (ready, regional, {"Verdict": "refused", "Refusals": reasons}):
        yield certificate(name, **{"c7n:replacement": plan})
    yield certificate(name, **{"c7n:unread": [{"Service": name, "Region": name, "Reason": name}]})


def test_whatever_is_named_stays_text(mailer: Mailer) -> None:
    """Names, tags and reasons neither make elements in a mail nor links or mentions in Slack."""
    calm, told = (mailer.about(*told_of(name)) for name in ("calm", HOSTILE))
    pages = [Page(each.html) for each in (calm, told)]
    assert pages[0].tags == pages[1].tags
    assert pages[1].loads == []
    assert pages[1].text.count("<script>a</script>") == pages[0].text.count("calm")
    assert len(told.texts) == len(calm.texts)
    for text in told.texts:
        assert "<" not in text
        assert ">" not in text
    assert "\n".join(told.texts).count("&lt;script&gt;") == "\n".join(calm.texts).count("calm")


def test_what_is_too_long_is_cut_and_says_so(mailer: Mailer) -> None:
    """Slack's blocks and messages stay within its limits; a mail has every certificate."""
    large = mailer.about(*(certificate(f"c{n}", listeners=500) for n in range(9)))
    small = mailer.about(*(certificate(f"c{n}") for n in range(400)))
    for told in (large, small):
        assert len(told.texts) <= BLOCKS
        assert max(map(len, told.texts)) <= CHARACTERS
        assert sum(map(len, told.texts)) < MESSAGE
        left = len(told.message["resources"]) - (len(told.texts) - 4)
        assert f"and {left} more server certificates" in told.texts[-2]
    lines = large.texts[2].splitlines()
    assert lines[-1] == f"and {500 - (len(lines) - 3)} more"
    assert large.html.count("<tr>") == 9 * 26
    assert large.html.count("And 475 more") == 9
    assert small.html.count("<tr>") == 400 * 2
    assert small.html.index("What to do") < small.html.index("c399")
    longest = mailer.about(certificate("&" * 5000, listeners=9))
    assert max(map(len, longest.texts)) <= CHARACTERS


@pytest.mark.parametrize(
    ("days", "expired", "said"),
    [
        (2, False, "2 days left"),
        (1, False, "1 day left"),
        (0, False, "expires today"),
        (-1, True, "expired 1 day ago"),
        (-30, True, "expired 30 days ago"),
    ],
)
def test_days_are_said_as_people_say_them(
    days: int, expired: bool, said: str, mailer: Mailer
) -> None:
    """What expires today and what has expired is told apart."""
    found = certificate("web") | {"c7n:expiry": {"DaysLeft": days, "Expired": expired}}
    told = mailer.about(found)
    assert said in Page(told.html).text
    assert said in told.texts[2]


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """Give an address that takes JSON, and what it was sent."""
    bodies: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            bodies.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", bodies
    server.shutdown()
    server.server_close()


def test_webhook_gets_account_rule_and_certificates(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    tmp_path: Path,
    receiver: tuple[str, list[Any]],
) -> None:
    """One request has the account, the rule, and each served certificate with its listeners."""
    url, bodies = receiver
    arn = populate(near, old)
    policy = copied(tmp_path, POSTING, f"url={url}")
    allow(near, tmp_path / f"fleet/{POSTING}.yml", AUDIT)
    ran = engine(policy)
    assert ran.returncode == 0, ran.text
    [body] = bodies
    [found] = body["resources"]
    assert body["account_id"] == near.account_id
    assert body["policy"]["metadata"]["id"] == "CERTRENEW-302"
    assert (found["ServerCertificateName"], found["Arn"]) == ("web", arn)
    assert found["c7n:expiry"] == {"DaysLeft": 11, "Expired": False}
    assert [one["LoadBalancerName"] for one in found["c7n:listeners"]] == ["legacy", "shop"]
    assert "PRIVATE KEY" not in json.dumps(body)


@pytest.mark.parametrize("name", [NOTIFYING, POSTING])
def test_defaults_reach_nobody(name: str, tmp_path: Path) -> None:
    """Whoever runs a copy as it is tells no stranger: .invalid is never registered (RFC 2606)."""
    action = copied(tmp_path, name)["actions"][0]
    for address in action.get("to", [action.get("url")]):
        assert ".invalid" in address
    assert "/" not in action.get("transport", {}).get("queue", "")
