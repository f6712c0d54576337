"""Plans and outcomes as JSON, in AWS's spelling; what does not apply is left out."""

from __future__ import annotations

from collections.abc import Iterable

from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.model import Binding
from c7n_certrenew.core.outcome import BindingOutcome, CertificateOutcome
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.room import Room
from c7n_certrenew.core.target import Store, Target
from c7n_certrenew.report.bindings import Shape, applying, binding_shape, unread_shape


def plan_shape(plan: Plan) -> Shape:
    """Return a plan: the candidate, each binding from what to what, or every reason against."""
    return applying(
        {
            "ServerCertificateName": plan.certificate.name,
            "Arn": plan.certificate.arn,
            "Expiration": plan.certificate.expiration.isoformat(),
            "Lineage": plan.old.lineage if plan.old else "",
            "Verdict": plan.verdict.value,
            **_targets(plan),
            "Bindings": [_planned(plan, binding) for binding in plan.bindings],
            "Publishes": [{"Region": region, "Name": name} for region, name in plan.publishes],
            "Refusals": _reasons(plan.refusals),
            "Notes": _reasons(plan.notes),
            "Unread": [unread_shape(u) for u in plan.inventory.unread],
        }
    )


def room_shape(room: Room | None) -> Shape:
    """Return what all uploads of a run come to, nothing where it uploads nothing."""
    if room is None:
        return {}
    quota = {
        "Used": room.used,
        "Limit": room.limit,
        "Uploads": room.uploads,
        "Short": room.short,
        "PruneFirst": list(room.prune_first),
    }
    return {"Quota": applying(quota)}


def _planned(plan: Plan, binding: Binding) -> Shape:
    """Return one binding, from what to what, or why it is held back; and whether it went back."""
    held = {one.binding: one for one in plan.held}.get(binding)
    back = {one.binding: one for one in plan.reverted}.get(binding)
    shape, new = binding_shape(binding), plan.new(binding.listener)
    if back:
        shape["Reverted"] = back.since if held else back.reason(new)
    if plan.verdict is not Verdict.READY:
        return shape
    if held:
        return shape | {"Held": held.kind.value, "Reason": held.reason(new)}
    wave = plan.order.wave(binding.listener)
    return shape | {"From": plan.certificate.arn, "To": new} | ({"Wave": wave} if wave else {})


def outcome_shape(outcome: CertificateOutcome) -> Shape:
    """Return how one certificate ended, binding by binding."""
    return applying(
        {
            "ServerCertificateName": outcome.plan.certificate.name,
            "Arn": outcome.plan.certificate.arn,
            "State": outcome.state.value,
            **_new(outcome),
            "Uploaded": outcome.uploaded,
            "Bindings": [_bound(bound) for bound in outcome.bindings],
            "Reasons": _reasons(outcome.reasons),
            "Published": [
                {"Region": one.region, "Name": one.name, "Version": one.version}
                for one in outcome.published
            ],
            "Unread": [unread_shape(u) for u in outcome.unread],
        }
    )


def _bound(outcome: BindingOutcome) -> Shape:
    return applying(
        binding_shape(outcome.binding)
        | {
            "State": outcome.state.value,
            "Reason": outcome.reason,
            "RequestIds": list(outcome.request_ids),
        }
    )


def _targets(plan: Plan) -> Shape:
    """Return what is to be served: one candidate for all regions, or one a region, or none."""
    shapes = [_target(plan, target) for target in plan.targets]
    if [target.region for target in plan.targets] == [""]:
        return shapes[0]
    return {"Upload": bool(plan.uploads), "Targets": shapes}


def _target(plan: Plan, target: Target) -> Shape:
    return applying(
        {
            "Store": target.store.value if target.store is Store.ACM else "",
            "Region": target.region,
            "Candidate": _certificate(target.candidate),
            "NewName": target.name,
            "Renews": target.renews.arn if target.renews else "",
            "Upload": target in plan.uploads,
        }
    )


def _new(outcome: CertificateOutcome) -> Shape:
    """Return the new certificate's ARN and name, or an ARN a region; nothing without one."""
    if not outcome.arns:
        return {}
    names = dict.fromkeys(target.name for target in outcome.plan.targets)
    named = {"NewName": next(iter(names))} if len(names) == 1 else {}
    if len(outcome.arns) > 1:
        return {"NewArns": list(outcome.arns), **named}
    return {"NewArn": outcome.arns[0], **named}


def _certificate(candidate: Candidate) -> Shape:
    leaf = candidate.leaf
    shape = {
        "Subject": leaf.subject,
        "Issuer": leaf.issuer,
        "Names": sorted(leaf.names),
        "NotBefore": leaf.not_before.isoformat(),
        "NotAfter": leaf.not_after.isoformat(),
        "Key": str(leaf.key),
        "Fingerprint": leaf.fingerprint,
        "Origin": candidate.origin,
    }
    versions = dict(candidate.versions)
    return shape | ({"Versions": versions} if versions else {})


def _reasons(reasons: Iterable[Reason]) -> list[Shape]:
    return [{"Code": reason.code, "Message": reason.message} for reason in reasons]
