"""Workers meet faults: Redis goes away, jobs that nobody may run, slow deliveries, a halted process."""

import time
import zlib
from pathlib import Path

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.faults.outcomes import crowd, outcomes, settled
from tests.support.full_stack import Stack
from tests.support.request_makers import enqueue, reply_to, verse_request
from tests.support.waiting import eventually
from worker.delivery import outbox
from worker.queue import rq_internals
from worker.queue.rq_internals import VERSE
from worker.records import incidents


def test_workers_wait_for_redis_and_go_on_by_themselves(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    verse, train = own_stack.start_worker("verse"), own_stack.start_worker("train")
    before = crowd(discord, 20)
    settled(discord, before)

    own_stack.kill_valkey()
    verse.until(lambda: "Redis does not answer" in verse.output, "a worker that waits")
    time.sleep(4)  # the outage: longer than RQ's own patience
    own_stack.start_valkey()

    eventually(lambda: "Redis answers again" in verse.output, "a worker that goes on")
    eventually(lambda: own_stack.workers("train"), "a training worker")
    after = settled(discord, crowd(discord, 20))
    assert (after.answered, after.doubled) == (20, 0)
    assert verse.output.count("Redis does not answer") == 1
    assert "Traceback" not in verse.output
    assert train.popen.poll() is None


def test_a_worker_that_waits_for_redis_stops_at_once(own_stack: Stack) -> None:
    worker = own_stack.start_worker("verse")
    own_stack.kill_valkey()
    worker.until(lambda: "Redis does not answer" in worker.output, "a worker that waits")
    assert worker.stop() == 0


def push(stack: Stack, job_id: str, **fields: str | bytes) -> None:
    """Put the record of a job into Redis, and its id at the front of the queue, as an intruder might."""
    queue = rq_internals.open_queue(stack.redis, VERSE)
    for name, value in fields.items():
        stack.redis.hset(Job.key_for(job_id), name, value)
    stack.redis.lpush(queue.key, job_id)


def call(function: str, *arguments: object) -> bytes:
    """The call of a job, as RQ packs it."""
    return zlib.compress(JSONSerializer.dumps([function, None, list(arguments), {}]))


RECORD: dict[str, str | bytes] = {"origin": "verse", "created_at": "2026-01-01T00:00:00Z"}
BOMB = zlib.compress(b"[" + b" " * 50_000_000 + b"]")


BROKEN: dict[str, dict[str, str | bytes]] = {
    "timeout": {"data": call("worker.jobs.verse", {}), "timeout": "soon"},
    "time": {"data": call("worker.jobs.verse", {}), "created_at": "yesterday"},
    "status": {"data": call("worker.jobs.verse", {}), "status": "unheard of"},
    "retries": {"data": call("worker.jobs.verse", {}), "retries_left": "some"},
    "pickle": {"data": b"\x80\x04K*."},
    "bomb": {"data": BOMB},
    "form": {"data": zlib.compress(b'"worker.jobs.verse"')},
    "no-call": {"origin": "verse"},
}
"""Records of jobs that cannot be read, by what is broken in them."""


def test_broken_jobs_are_put_aside_and_the_worker_goes_on(own_stack: Stack) -> None:
    worker = own_stack.start_worker("verse")
    for name, fields in BROKEN.items():
        push(own_stack, name, **(RECORD | fields))
    own_stack.redis.rpush(Job.key_for("list"), "no hash")
    push(own_stack, "list")
    names = [*BROKEN, "list"]

    noted = worker.until(
        lambda: (latest := incidents.latest(own_stack.redis))[len(names) - 1 :] and latest, "jobs put aside"
    )
    assert [one.reference for one in noted] == ["put-aside"] * len(names)
    for name in names:
        assert worker.output.count(f"Job '{name}' of the queue verse is put aside") == 1
    restarted = own_stack.start_worker("verse")
    enqueue(own_stack.redis, verse_request())
    eventually(lambda: "tokens by" in worker.output + restarted.output, "a verse")
    assert "is put aside" not in restarted.output


def test_only_our_own_functions_run(shared_stack: Stack, tmp_path: Path) -> None:
    worker = shared_stack.verse_worker
    trace = tmp_path / "intruder"
    for function in ("os.system", "worker.jobs.failures.apologize", "subprocess.run", "worker.jobs.store"):
        job_id = f"intruder-{function}"
        push(shared_stack, job_id, data=call(function, f"touch {trace}"), **RECORD)
    worker.until(lambda: worker.output.count("is put aside") == 4, "jobs put aside")
    assert "not one of worker.jobs" in worker.output
    assert not trace.exists()
    assert worker.popen.poll() is None


def test_slow_deliveries_for_one_person_hold_up_nobody_else(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    slow = [discord.say("/verse lines: 1") for _ in range(12)]
    tokens = {job: discord.get(f"interactions/{job}", wait_s=10) for job in slow}
    assert len(tokens) == 12
    discord.post("faults", {"kind": "slow", "route": "PATCH /webhooks/", "seconds": 25, "times": 1})
    own_stack.start_worker("verse")
    eventually(lambda: own_stack.redis.zcard("shakelm:outbox"), "a slow delivery")

    others = settled(discord, crowd(discord, 20))

    assert (others.answered, others.doubled) == (20, 0)
    still = outcomes(discord, dict.fromkeys(slow, "student"))
    assert still.waiting == 12  # that person's verses come one after another


def test_a_halted_worker_leaves_what_another_has_answered(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    halted = own_stack.start_worker("verse")
    discord.post("faults", {"kind": "slow", "route": "PATCH /webhooks/", "seconds": 3, "times": 1})
    asked = crowd(discord, 1)
    eventually(lambda: discord.get("state")["pending_faults"] == 0, "an answer on its way")
    halted.popen.send_signal(19)  # SIGSTOP
    other = own_stack.start_worker("verse")
    answered = settled(discord, asked)
    (interaction,) = asked
    eventually(lambda: own_stack.redis.zcard("shakelm:outbox") == 0, "an empty outbox")
    edits = discord.get(f"interactions/{interaction}")["edits"]

    halted.popen.send_signal(18)  # SIGCONT
    enqueue(own_stack.redis, verse_request(author="7", reply_to=reply_to("another")))
    eventually(lambda: "tokens by" in halted.output + other.output, "a verse after that")

    assert answered.answered == 1
    assert discord.get(f"interactions/{interaction}")["edits"] == edits


@pytest.mark.parametrize("status", ["401", "404"])
def test_an_answer_that_the_webhook_refuses_stands_in_the_channel(shared_stack: Stack, status: str) -> None:
    discord = shared_stack.discord
    refused = {"kind": status, "route": "PATCH /webhooks/", "times": 5, "code": 10015}
    discord.post("faults", refused)

    asked = crowd(discord, 5)

    def posted() -> list[str]:
        channel = discord.get("messages", viewer="teacher")["messages"]
        texts = [one["content"] for one in channel]
        return [text for text in texts if text in {f"For <@{person}>:" for person in asked.values()}]

    eventually(lambda: len(posted()) == 5, "answers in the channel")
    assert len(set(posted())) == 5
    eventually(lambda: shared_stack.redis.zcard("shakelm:outbox") == 0, "an empty outbox")
    assert outbox.take_refused(shared_stack.redis) is None


def test_a_private_answer_that_the_webhook_refuses_does_not_stand_in_the_channel(shared_stack: Stack) -> None:
    discord = shared_stack.discord
    discord.post("faults", {"kind": "404", "route": "PATCH /webhooks/", "times": 1, "code": 10015})

    crowd(discord, 1, "/verse lines: 1 private: True seed: secret")

    def told() -> list[str]:
        channel = discord.get("messages", viewer="teacher")["messages"]
        return [one["content"] for one in channel if "did not take the answer" in one["content"]]

    (sentence,) = eventually(told, "a sentence")
    assert "secret" not in sentence


def test_what_redis_loses_is_told(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    asked = crowd(discord, 60)
    eventually(lambda: outcomes(discord, asked).waiting == 60, "notices")

    own_stack.redis.flushall()

    end = settled(discord, asked)
    assert (end.told, end.doubled) == (60, 0)
