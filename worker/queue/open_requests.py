"""The open requests of people: counted when they are admitted, and no longer counted when they end.

Admission asks for the number of open requests of a person and of a guild, and for the place of the next one.
Each costs the same however many requests are open, because Redis keeps the counts:

- `shakelm:open:requests`: hash of job ids; the value is `AUTHOR GUILD`
- `shakelm:open:expiry`: sorted set of job ids by the time when their tokens expire
- `shakelm:open:persons`, `shakelm:open:guilds`: sorted sets of ids by their number of open requests
- `shakelm:open:members`: sorted set of `AUTHOR GUILD` by their number of open requests
- `shakelm:jobs:held`: sorted set of job ids by their admission, of those that `enqueueing.release` has not
  let into the queue yet

Each script is one step, so counts and limits hold for any number of bots. Times are those of Redis.
"""

from dataclasses import dataclass
from typing import cast

import redis
from rq.job import Job

from worker.protocol import retention
from worker.protocol.job_request import JobRequest
from worker.queue.rq_internals import VERSE, in_work_keys

_REQUESTS = "shakelm:open:requests"
_EXPIRY = "shakelm:open:expiry"
_PERSONS = "shakelm:open:persons"

HELD = "shakelm:jobs:held"

_KEYS = (_REQUESTS, _EXPIRY, _PERSONS, "shakelm:open:guilds", "shakelm:open:members", HELD)

SWEPT_AT_ONCE = 100
"""The most expired requests that one admission stops counting."""

_CLOSE = """
local function close(id)
    local who = redis.call('HGET', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZREM', KEYS[6], id)
    if redis.call('HDEL', KEYS[1], id) == 0 then
        return 0
    end
    local author, guild = string.match(who, '^(%d+) (%d+)$')
    for i, member in ipairs({author or '', guild or '', who}) do
        local key = KEYS[2 + i]
        if redis.call('ZSCORE', key, member) and tonumber(redis.call('ZINCRBY', key, -1, member)) <= 0 then
            redis.call('ZREM', key, member)
        end
    end
    return 1
end
"""

_CLOSE_ONE = _CLOSE + "return close(ARGV[1])"

# A person's job number n comes after n jobs of each other person, as far as they have so many: people take
# turns. Jobs in work are ahead of all others, and have no place. The author's own jobs count among them.
_ADMIT = (
    _CLOSE
    + """
local id, author, guild, seconds_left = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local now = tonumber(redis.call('TIME')[1])
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[8])) do
    close(expired)
end
local known = redis.call('HEXISTS', KEYS[1], id) == 1
local who = author .. ' ' .. guild
local own = tonumber(redis.call('ZSCORE', KEYS[3], author) or 0)
if known then
    own = own - 1
elseif tonumber(redis.call('ZSCORE', KEYS[5], who) or 0) >= tonumber(ARGV[5]) then
    return {'person', 0, own, 0}
elseif tonumber(redis.call('ZSCORE', KEYS[4], guild) or 0) >= tonumber(ARGV[6]) then
    return {'guild', 0, own, 0}
end
local ahead = redis.call('ZCOUNT', KEYS[3], own + 1, '+inf')
for turn = 1, own do
    ahead = ahead + redis.call('ZCOUNT', KEYS[3], turn, '+inf')
end
local in_work = redis.call('ZCARD', KEYS[8]) + redis.call('LLEN', KEYS[9])
if known then
    return {'known', math.max(ahead - in_work, 1), own, in_work}
end
redis.call('HSET', KEYS[1], id, who)
redis.call('ZADD', KEYS[2], now + seconds_left, id)
redis.call('ZINCRBY', KEYS[3], 1, author)
redis.call('ZINCRBY', KEYS[4], 1, guild)
redis.call('ZINCRBY', KEYS[5], 1, who)
redis.call('ZADD', KEYS[6], now, id)
redis.call('HSET', KEYS[7], unpack(ARGV, 9))
redis.call('EXPIRE', KEYS[7], ARGV[7])
return {'admitted', math.max(ahead + 1 - in_work, 1), own, in_work}
"""
)


@dataclass(frozen=True)
class Standing:
    """Where an admitted request stands.

    `place` counts from 1 in the queue, `own` is the number of the person's other open requests, and `in_work`
    the number of jobs that workers have. `again`: it was admitted before.
    """

    place: int
    own: int
    in_work: int
    again: bool = False


class PersonIsFullError(Exception):
    """The person has as many open requests as the guild allows."""


class GuildIsFullError(Exception):
    """The guild has as many open requests as it allows."""


def admit(
    connection: "redis.Redis", request: JobRequest, job: Job, person_limit: int, guild_limit: int
) -> Standing:
    """Count a request and hold its job, if the limits admit it. A repetition changes nothing.

    Raises:
        PersonIsFullError, GuildIsFullError: a limit is reached. Then nothing was counted.
        redis.RedisError: the queue cannot be reached.
    """
    seconds_left = int(request.reply_to.seconds_left())
    fields = [part for item in job.to_dict().items() for part in item]
    outcome, place, own, in_work = cast(
        "tuple[bytes, int, int, int]",
        connection.register_script(_ADMIT)(
            [*_KEYS, job.key, *in_work_keys(connection, VERSE)],
            [
                *(request.id, request.author, request.guild, seconds_left, person_limit, guild_limit),
                *(retention.INTERACTION.seconds, SWEPT_AT_ONCE, *fields),
            ],
        ),
    )
    if outcome == b"person":
        raise PersonIsFullError
    if outcome == b"guild":
        raise GuildIsFullError
    return Standing(place, own, in_work, again=outcome == b"known")


def close(connection: "redis.Redis", job_id: str) -> bool:
    """Count a request no longer: it was answered, has failed, or was withdrawn. False: it is not open."""
    return bool(connection.register_script(_CLOSE_ONE)(_KEYS, [job_id]))


def is_open(connection: "redis.Redis", job_id: str) -> bool:
    """Whether a request was admitted and has not ended."""
    return bool(connection.hexists(_REQUESTS, job_id))


def authors(connection: "redis.Redis") -> dict[str, tuple[str, str]]:
    """Author and guild of each open request, by job id, in the order of admission.

    Ids sort in the order of the interactions (`worker.protocol.job_request`). Broken entries are left out.
    """
    stored = cast("dict[bytes, bytes]", connection.hgetall(_REQUESTS))
    found = {}
    for job_id in sorted(stored):
        author, _, guild = stored[job_id].decode(errors="replace").partition(" ")
        if author.isdecimal() and guild.isdecimal():
            found[job_id.decode(errors="replace")] = (author, guild)
    return found


def persons(connection: "redis.Redis") -> int:
    """The number of people with open requests."""
    return connection.zcard(_PERSONS)


def expiring(connection: "redis.Redis", seconds: float) -> list[str]:
    """The ids of open requests whose tokens expire within `seconds`, or have expired."""
    now, _ = connection.time()
    found = cast("list[bytes]", connection.zrangebyscore(_EXPIRY, "-inf", now + seconds))
    return [job_id.decode(errors="replace") for job_id in found]


def held_ids(connection: "redis.Redis", for_s: float = 0.0) -> list[str]:
    """The ids of the jobs that were held for at least `for_s` seconds, in the order of their admission."""
    now, _ = connection.time()
    found = cast("list[bytes]", connection.zrangebyscore(HELD, "-inf", now - for_s))
    return [job_id.decode(errors="replace") for job_id in found]
