"""Send a configuration back as it came, also what this botocore does not know of it.

botocore drops the elements of an answer that its model does not have. CloudFront takes a whole
configuration, so that what is newer than botocore would be switched off by writing it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree


class Verbatim(dict[str, Any]):
    """A configuration as botocore parsed it, with the XML that it was parsed from."""

    def __init__(self, parsed: Mapping[str, Any], body: bytes) -> None:
        super().__init__(parsed)
        self.body = body


def keep_verbatim(client: Any, read: str, write: str, member: str) -> None:
    """Have a client's operation `read` return `member` verbatim, and `write` send it so.

    Threads may share the client. A `member` that is not verbatim is sent as ever.
    """

    def keep(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        if member in parsed:
            parsed[member] = Verbatim(parsed[member], http_response.content)

    def take(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[__name__] = getattr(params.get(member), "body", None)

    def send(params: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        params["body"] = context.get(__name__) or params["body"]

    service, events = client.meta.service_model.service_id.hyphenize(), client.meta.events
    for event, handler in (
        (f"after-call.{service}.{read}", keep),
        (f"before-parameter-build.{service}.{write}", take),
        (f"before-call.{service}.{write}", send),
    ):
        events.register(event, handler, unique_id=f"{__name__}.{event}")


def changed(body: bytes, parent: str, texts: Mapping[str, str], without: tuple[str, ...]) -> bytes:
    """Return XML whose element `parent` has these texts, and some of its elements no more."""
    root = ElementTree.fromstring(body)  # noqa: S314  # AWS's answer, which botocore parses so too
    namespace = root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""
    inside = root.find(f"{namespace}{parent}")
    if inside is None:
        inside = ElementTree.SubElement(root, f"{namespace}{parent}")
    for name in (*texts, *without):
        for former in inside.findall(f"{namespace}{name}"):
            inside.remove(former)
    for name, text in texts.items():
        ElementTree.SubElement(inside, f"{namespace}{name}").text = text
    return bytes(ElementTree.tostring(root, default_namespace=namespace.strip("{}") or None))
