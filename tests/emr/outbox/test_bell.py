"""The doorbell rings beside the work, for all that waits, and never stops ringing."""

import os
import threading

from emr.outbox.bell import Bell


def test_a_slow_broker_keeps_nobody_waiting_and_what_gathers_is_one_ring() -> None:
    goes_on, rung = threading.Event(), list[tuple[str, list[int]]]()

    def slow(event_ids: list[int], queue: str) -> None:
        goes_on.wait(10)
        rung.append((queue, event_ids))

    bell = Bell(slow)
    bell.touch([1], "sync")
    while bell._waiting:
        pass  # the thread has taken it and hangs at the broker
    bell.touch([2], "sync")
    bell.touch([3], "bulk")
    bell.touch([4], "sync")
    assert not rung
    assert bell.flush(0.01) is False
    goes_on.set()
    assert bell.flush(10)
    assert rung == [("sync", [1]), ("sync", [2, 4]), ("bulk", [3])]


def test_a_ring_that_fails_doesnt_silence_the_next() -> None:
    rung: list[int] = []

    def fail_once(event_ids: list[int], _queue: str) -> None:
        if event_ids == [1]:
            raise ValueError("An's name")
        rung.extend(event_ids)

    bell = Bell(fail_once)
    bell.touch([1], "sync")
    assert bell.flush(10)
    bell.touch([2], "sync")
    assert bell.flush(10)
    assert rung == [2]


def test_a_forked_child_rings_for_itself() -> None:
    reading, writing = os.pipe()
    bell = Bell(lambda event_ids, _queue: os.write(writing, bytes(event_ids)))
    bell.touch([1], "sync")
    assert bell.flush(10)
    child = os.fork()
    if child == 0:
        bell.touch([2], "sync")
        os._exit(0 if bell.flush(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert os.read(reading, 10) == bytes([1, 2])
