"""The latest things that went wrong."""

import time

import redis

from worker.protocol import retention
from worker.records import incidents


def test_the_latest_come_first_and_the_oldest_go(connection: "redis.Redis") -> None:
    assert incidents.latest(connection) == []
    before = time.time()
    for number in range(incidents.KEPT + 5):
        incidents.note(connection, f"{number}", f"verse: Error {number}")
    everything = incidents.latest(connection, 1000)
    assert [incident.reference for incident in everything] == [f"{number}" for number in range(54, 4, -1)]
    assert incidents.latest(connection, 3) == everything[:3]
    assert everything[0].sentence == "verse: Error 54"
    assert before <= everything[0].at <= time.time()
    assert 0 < connection.ttl("shakelm:incidents") <= retention.INCIDENT.seconds
