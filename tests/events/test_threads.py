"""The threads that sync listeners run in: they neither keep a process alive nor lose what it has said."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import anyio
import pytest

from nexios.events import Event, Events, KeyCreated


def run(code: str) -> subprocess.CompletedProcess[str]:
    start = "import os, sys, time\nfrom nexios.events import Events, KeyCreated\nevents = Events()\n"
    return subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False, timeout=50
    )


def test_a_script_that_ends_at_once_has_said_everything() -> None:
    done = run(
        "@events.listen()\n"
        "def hear(event):\n    time.sleep(0.01)\n    print(event.key_id, flush=True)\n"
        "for number in range(20):\n    events.emit(KeyCreated(key_id=str(number)))\n"
    )
    assert done.stdout.split() == [str(number) for number in range(20)]
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_listener_that_hangs_does_not_keep_the_process() -> None:
    done = run(
        "from nexios.events import worker\nworker._PATIENCE = 0.1\n"
        "@events.listen()\n"
        "def hear(event):\n    print('begun', flush=True)\n    time.sleep(1000)\n"
        "events.emit(KeyCreated(key_id='k1'))\n"
    )
    assert done.stdout == "begun\n"
    assert done.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_process_hears_what_it_emits() -> None:
    """As with a server that loads the application before it forks its workers."""
    done = run(
        "@events.listen()\n"
        "def hear(event):\n    print(event.key_id, flush=True)\n"
        "import anyio\n"
        "events.emit(KeyCreated(key_id='parent'))\nanyio.run(events.drain)\n"
        "child = os.fork()\n"
        "events.emit(KeyCreated(key_id='child' if child == 0 else 'parent again'))\n"
        "anyio.run(events.drain)\n"
        "if child == 0:\n    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    assert sorted(done.stdout.splitlines()) == ["child", "parent", "parent again"], done.stderr


def test_a_thread_ends_with_whoever_it_belongs_to() -> None:
    before = set(threading.enumerate())
    events, heard = Events(), list[Event]()
    events.listen()(heard.append)
    events.emit(KeyCreated(key_id="k1"))
    anyio.run(events.drain)
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    del events
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert len(heard) == 1
