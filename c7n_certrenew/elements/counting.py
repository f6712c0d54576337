"""The options `attrs`, `count` and `count_op`, as in c7n's `list-item`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c7n.filters.core import OPERATORS, ListItemModel, ListItemResourceManager

from c7n_certrenew.elements import host
from c7n_certrenew.report.bindings import Shape

COMPARISONS = (
    *("eq", "equal", "ne", "not-equal"),
    *("gt", "greater-than", "ge", "gte", "le", "lte", "lt", "less-than"),
)
"""Those of c7n's operators that compare two numbers."""

COUNTING: dict[str, Any] = {
    "attrs": {"$ref": "#/definitions/filters_common/list_item_attrs"},
    "count": {"type": "number", "minimum": 0},
    "count_op": {"enum": list(COMPARISONS)},
}
"""Their JSON schema."""

_ITEM = ListItemModel.id
"""By what `or` and `not` among `attrs` tell one item from another."""


class Counting:
    """A filter with these options: by its items, of which some may be unknown.

    Unknown counts as found: nothing matches for having no items while something is unread.
    """

    data: dict[str, Any]
    manager: Any
    type: str

    def check_counting(self) -> None:
        """Raise PolicyValidationError for `attrs` that are wrong."""
        if not isinstance(self.data.get("attrs", []), list):
            host.reject(self.manager, self.type, "attrs must be a list of filters")
        for attribute in self._attributes().filters:
            attribute.validate()

    def matching(self, items: Sequence[Shape]) -> list[Shape]:
        """Return copies of those items that meet `attrs`, in their order."""
        copies = [dict(item) for item in items]
        if not copies or not self.data.get("attrs"):
            return copies
        for number, item in enumerate(copies):
            item[_ITEM] = number
        met = self._attributes().filter_resources(copies)
        return [
            {key: value for key, value in item.items() if not key.startswith("c7n:")}
            for item in sorted(met, key=lambda item: item[_ITEM])
        ]

    def holds(self, matched: int, unread: bool) -> bool:
        """Say whether a number of matched items makes a resource match."""
        if unread:
            return not self.satisfied(0)
        return self.satisfied(matched) if "count" in self.data else matched > 0

    def satisfied(self, number: int) -> bool:
        """Say whether a number of items satisfies `count`; without one it never does."""
        if not isinstance(self.data.get("count"), (int, float)):
            return False
        return bool(OPERATORS[self.data.get("count_op", "eq")](number, self.data["count"]))

    def _attributes(self) -> Any:
        return ListItemResourceManager(
            self.manager.ctx, data={"filters": self.data.get("attrs", [])}
        )
