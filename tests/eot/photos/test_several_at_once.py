"""Several photos are looked at at once: in their order, few at a time, and no more of them after a stop."""

import threading
import time

import pytest
import torch

from eot.commands.photos import AT_ONCE, in_order
from eot.photos.seen import Viewed

NAMES = [f"{number:02d}.jpg" for number in range(12)]


@pytest.mark.parametrize("threads", [1, 3, 9])
def test_results_come_in_order_and_few_photos_are_in_memory(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    lock, inside, most = threading.Lock(), [0], [0]

    def view(name: str) -> Viewed:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.002 * (12 - int(name[:2])))  # the first ones take longest
        with lock:
            inside[0] -= 1
        return Viewed(name, "", "", "", ())

    assert [seen.file for seen in in_order(view, NAMES)] == NAMES
    assert most[0] <= min(threads, AT_ONCE) and (threads == 1 or most[0] > 1)


def test_nothing_more_is_begun_after_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    begun: list[str] = []
    gate = threading.Event()

    def view(name: str) -> Viewed:
        begun.append(name)
        if name != NAMES[0]:
            gate.wait(60)
        return Viewed(name, "", "", "", ())

    results = in_order(view, NAMES)
    next(results)
    threading.Timer(0.2, gate.set).start()
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 3, "the first, and the two that were in work when it stopped"
