"""What goes wrong around the bot, and what people are told then."""

from tests.support.discord_messages import description, footer, is_private
from tests.support.full_stack import Stack


def test_a_killed_worker_s_verse_is_written_by_another(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    doomed = own_stack.start_worker("verse")
    # The first delivery hangs, so that the worker dies with the verse in its hands.
    discord.post("faults", {"kind": "slow", "route": "PATCH .*@original", "seconds": 600})
    interaction = discord.say("/verse seed: to be number: 1")
    own_stack.await_busy_worker("verse")

    doomed.kill()
    own_stack.start("worker", "verse")

    waiting = discord.get(f"interactions/{interaction}")["message"]
    assert waiting["content"].startswith("⏳")
    answer = discord.answer(interaction)
    assert "number 1" in footer(answer)


def test_without_a_worker_verses_queue_up_and_say_so(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    first = discord.answer(discord.say("/verse seed: one"), bool)
    own_stack.await_waiting_verses(1)
    interaction = discord.say("/verse seed: two")
    second = discord.answer(interaction, bool)

    assert "next" in first["content"]
    assert "number 2" in second["content"]
    assert all("No verse worker is running" in message["content"] for message in (first, second))

    own_stack.start("worker", "verse")
    assert discord.answer(interaction)["embeds"]


def test_a_verse_that_nobody_writes_in_time_is_withdrawn(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot(SHAKELM_WITHDRAW_S="899")

    answer = discord.ask("/verse seed: to be")

    assert "waited too long" in description(answer)
    assert answer["content"] == ""
    own_stack.await_waiting_verses(0)


def test_where_redis_is_gone_the_student_is_told_privately_and_the_bot_goes_on(own_stack: Stack) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot()
    own_stack.valkey.terminate()

    answer = discord.ask("/verse seed: to be")

    assert is_private(answer)
    assert "queue does not respond" in description(answer)
    assert bot.popen.poll() is None


def test_where_redis_hangs_the_student_is_told_in_time_and_can_ask_again(own_stack: Stack) -> None:
    discord = own_stack.discord
    own_stack.start_bot()
    own_stack.start_worker("verse")

    with own_stack.silent_valkey():
        answer = discord.ask("/verse seed: to be")

    assert discord.verse("seed: to be").text
    assert is_private(answer)
    assert "queue does not respond" in description(answer)


def test_the_bot_answers_after_its_connection_was_dropped(own_stack: Stack) -> None:
    discord = own_stack.discord
    bot = own_stack.start_bot()
    own_stack.start_worker("verse")

    discord.post("faults", {"kind": "drop_gateway"})
    assert discord.verse("lines: 1").text  # resumed: what it missed is told again

    discord.post("faults", {"kind": "invalid_session"})
    bot.until(lambda: bot.output.count("Connected as") == 2, "a second session")
    assert discord.verse("lines: 1").text


def test_the_bot_leaves_at_sigterm(own_stack: Stack) -> None:
    bot = own_stack.start_bot()

    assert bot.stop() == 0
    assert "Traceback" not in bot.output
