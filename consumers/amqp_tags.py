"""Which frames acknowledge a set of deliveries."""

from collections.abc import Collection


class Unfinished:
    """Delivery tags of one channel that the broker has not heard back about, oldest first.

    A `multiple` acknowledgement covers everything up to its tag, so it is right only where nothing
    older is still at work: for the unbroken run of finished tags at the front. Whatever finished
    behind a slow delivery is acknowledged one by one, and does not wait for it.
    """

    def __init__(self) -> None:
        self._tags: dict[int, None] = {}

    def add(self, tag: int) -> None:
        """Note a delivery; tags only grow."""
        self._tags[tag] = None

    def finish(self, tags: Collection[int]) -> list[tuple[int, bool]]:
        """Forget the tags and return the (tag, multiple) pairs that say so to the broker.

        Tags that are unknown, or have been finished before, are left out.
        """
        finished = self._tags.keys() & tags
        front = 0
        for tag in self._tags:
            if tag not in finished:
                break
            front = tag
        for tag in finished:
            del self._tags[tag]
        single = [(tag, False) for tag in sorted(finished) if tag > front]
        return [(front, True), *single] if front else single
