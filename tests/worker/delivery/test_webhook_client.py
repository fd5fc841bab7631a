"""Delivery into a real HTTP endpoint: forms, connections, rate limits, outages, refusals, secret tokens."""

import re
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata

import pytest

from shakelm.errors import ShakelmError
from tests.support.request_makers import TOKEN, reply_to
from tests.support.webhook_endpoint import Webhook
from worker.delivery import answer_lock, outbox, webhook_client
from worker.delivery.retry_policy import FINAL_ANSWER, REFRESH
from worker.delivery.webhook_client import DeliveryFailedError, DeliveryRefusedError
from worker.messages import notices
from worker.messages.discord_json import Attachment

BODY = notices.problem(ShakelmError("No."))


def test_an_edit_is_json_for_the_first_answer(webhook: Webhook) -> None:
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    (received,) = webhook.received
    assert received.method == "PATCH"
    assert received.path == f"/api/v10/webhooks/42/{TOKEN}/messages/@original"
    assert received.headers["Content-Type"] == "application/json"
    assert received.message() == BODY


def test_the_user_agent_has_the_form_that_discord_documents(webhook: Webhook) -> None:
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    (received,) = webhook.received
    version = re.escape(metadata.version("shakelm"))
    assert re.fullmatch(rf"DiscordBot \(https://[^ ,()]+, {version}\)", received.headers["User-Agent"])


def test_edits_share_one_connection(webhook: Webhook) -> None:
    for token in ("one", "two", "three"):
        webhook_client.edit_original(webhook.api_base, reply_to(token), BODY)
        webhook_client.edit_original(webhook.api_base, reply_to(token), BODY, policy=REFRESH)
    webhook.prepare(503)
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY, Attachment("a.txt", b"a"))
    assert (len(webhook.received), webhook.connections) == (8, 1)


def test_a_connection_that_the_server_has_closed_is_opened_again(webhook: Webhook) -> None:
    once = replace(FINAL_ANSWER, patience_s=0)  # an error would not be retried
    for _ in range(3):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY, policy=once)
        webhook.hang_up()
    assert (len(webhook.received), webhook.connections) == (3, 3)


def test_threads_share_the_connections(webhook: Webhook) -> None:
    tokens = [f"token-{number}" for number in range(200)]

    def edit(token: str) -> None:
        webhook_client.edit_original(webhook.api_base, reply_to(token), BODY | {"content": token})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(edit, tokens))
    for token in tokens:
        assert [message["content"] for message in webhook.messages(token)] == [token]
    assert 1 <= webhook.connections <= 8


def test_a_refusal_in_private_ends_before_its_lease() -> None:
    look_s = REFRESH.connect_s + REFRESH.silence_s
    assert look_s + 2 * REFRESH.longest_s < outbox.LEASE_S


def test_a_refresh_ends_before_its_lock_does() -> None:
    assert REFRESH.longest_s < answer_lock.REFRESH_S < FINAL_ANSWER.longest_s


def test_a_file_goes_along_as_a_form(webhook: Webhook) -> None:
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY, Attachment("verse.txt", "Où\n".encode()))
    (received,) = webhook.received
    assert received.message() == BODY | {"attachments": [{"id": 0, "filename": "verse.txt"}]}
    assert received.parts()["files[0]"] == ("verse.txt", "Où\n".encode())


def test_a_picture_has_a_text_in_its_place(webhook: Webhook) -> None:
    webhook_client.edit_original(
        webhook.api_base, reply_to(), BODY, Attachment("a.png", b"1", "image/png", "Bars.")
    )
    (received,) = webhook.received
    assert received.message()["attachments"] == [{"id": 0, "filename": "a.png", "description": "Bars."}]
    assert b"Content-Type: image/png" in received.content


def test_what_is_said_instead_takes_the_place_of_an_answer(webhook: Webhook) -> None:
    webhook_client.say_instead(webhook.api_base, reply_to(), BODY)
    (received,) = webhook.received
    assert (received.method, received.message()) == ("PATCH", BODY)


def test_beside_a_message_that_has_to_stay_it_is_said_in_private(webhook: Webhook) -> None:
    webhook.prepare(503)
    webhook_client.say_instead(webhook.api_base, reply_to().model_copy(update={"in_place": True}), BODY)
    _, received = webhook.received
    assert (received.method, received.path) == ("POST", f"/api/v10/webhooks/42/{TOKEN}")
    assert received.message() == BODY | {"flags": 64}


@pytest.mark.parametrize(
    ("first", "methods"),
    [
        ((200, 0), ["GET", "DELETE", "POST"]),
        ((404, 0), ["GET", "POST"]),
        ((200, 64), ["GET", "PATCH"]),
    ],
    ids=["public", "deleted", "private"],
)
def test_a_refusal_in_private_leaves_no_public_answer(
    webhook: Webhook, first: tuple[int, int], methods: list[str]
) -> None:
    status, flags = first
    webhook.prepare(status, flags=flags)
    webhook_client.refuse_in_private(webhook.api_base, reply_to(), BODY)
    assert [received.method for received in webhook.received] == methods
    original = f"/api/v10/webhooks/42/{TOKEN}/messages/@original"
    *_, last = webhook.received
    if methods[-1] == "POST":
        assert last.path == f"/api/v10/webhooks/42/{TOKEN}"
        assert last.message() == BODY | {"flags": 64}
    else:
        assert (last.path, last.message()) == (original, BODY)
    assert {received.path for received in webhook.received[:-1]} == {original}


def test_a_refusal_in_private_goes_on_where_it_stopped(webhook: Webhook) -> None:
    webhook.prepare(200, flags=0)
    webhook.prepare(204)
    webhook.prepare(400)
    with pytest.raises(DeliveryFailedError):
        webhook_client.refuse_in_private(webhook.api_base, reply_to(), BODY)
    webhook.prepare(404)
    webhook_client.refuse_in_private(webhook.api_base, reply_to(), BODY)
    assert [one.method for one in webhook.received] == ["GET", "DELETE", "POST", "GET", "POST"]


def test_a_token_cannot_leave_its_place_in_the_path(webhook: Webhook) -> None:
    webhook_client.edit_original(webhook.api_base, reply_to("../a?b"), BODY)
    (received,) = webhook.received
    assert received.path == "/api/v10/webhooks/42/..%2Fa%3Fb/messages/@original"


def test_a_rate_limit_is_waited_for(webhook: Webhook) -> None:
    """The pause asked for is longer than several growing pauses: with those there would be more requests."""
    webhook.limit_for(2.0)
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 2


@pytest.mark.parametrize("status", [500, 503])
def test_an_outage_is_tried_again(webhook: Webhook, status: int) -> None:
    webhook.prepare(status)
    webhook.prepare(429, retry_after=0.01)
    webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 3


def test_a_lasting_outage_is_given_up(webhook: Webhook) -> None:
    for _ in range(20):
        webhook.prepare(503)
    with pytest.raises(DeliveryFailedError, match="503"):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY, policy=REFRESH)
    assert 1 < len(webhook.received) < 20


def test_a_rate_limit_beyond_the_patience_is_given_up_at_once(webhook: Webhook) -> None:
    webhook.prepare(429, retry_after=3600)
    with pytest.raises(DeliveryFailedError, match="rate limited"):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 1


def test_no_attempt_outlives_the_token(webhook: Webhook) -> None:
    webhook.prepare(429, retry_after=20)
    with pytest.raises(DeliveryFailedError):
        webhook_client.edit_original(webhook.api_base, reply_to(seconds_left=10), BODY)
    assert len(webhook.received) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_never_tried_again(webhook: Webhook, status: int) -> None:
    webhook.prepare(status, message="Invalid Webhook Token", code=50027)
    with pytest.raises(DeliveryRefusedError, match=str(status)):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 1


def test_a_malformed_message_is_not_sent_again_and_discord_is_quoted(webhook: Webhook) -> None:
    webhook.prepare(400, message="Invalid Form Body", code=50035)
    with pytest.raises(DeliveryFailedError, match="Invalid Form Body"):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 1


@pytest.mark.parametrize("code", [50083, 160005])
def test_a_closed_thread_is_a_refusal(webhook: Webhook, code: int) -> None:
    webhook.prepare(400, message="Thread is closed", code=code)
    with pytest.raises(DeliveryRefusedError, match="400"):
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY)
    assert len(webhook.received) == 1


def test_an_expired_token_is_not_used(webhook: Webhook) -> None:
    with pytest.raises(DeliveryRefusedError, match="expired"):
        webhook_client.edit_original(webhook.api_base, reply_to(seconds_left=-1), BODY)
    assert not webhook.received


def test_errors_do_not_hold_the_token(webhook: Webhook) -> None:
    webhook.close()  # nobody listens any more
    with pytest.raises(DeliveryFailedError) as error:
        webhook_client.edit_original(webhook.api_base, reply_to(), BODY, policy=REFRESH)
    text = "".join(traceback.format_exception(error.value))
    assert "ConnectionError" in text
    assert TOKEN not in text
