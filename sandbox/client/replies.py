"""Waiting for what the bot answers."""

from sandbox.sandbox_error import SandboxError
from sandbox.schemas.fields import Json
from sandbox.world import interaction_lifecycle
from sandbox.world.interaction_lifecycle import FIRST_ANSWER_S
from sandbox.world.message_objects import Interaction, Message
from sandbox.world.state import World

WAITING_MARK = "⏳"
"""The start of an answer that the bot will still edit, by agreement with bots that work in the background."""

ANSWER_WITHIN_S = 120.0


async def answered(
    world: World, interaction: Interaction, *, within_s: float = ANSWER_WITHIN_S
) -> list[Message]:
    """Wait for the bot's final answer to an interaction.

    Returns:
        The message of the first answer, then the follow-ups. The list is empty if the bot opened a modal,
        which is then in `interaction.modal`.

    Raises:
        SandboxError: the bot gave no first answer within three seconds, or no final one in `within_s`.
    """
    await world.changes.wait_until(lambda: _is_settled(world, interaction), within_s)
    if interaction_lifecycle.state(world, interaction) == "failed":
        raise SandboxError(no_answer(interaction))
    if not _is_settled(world, interaction):
        said = "; ".join(message.content for message in _answers(interaction) if message.content)
        still = f" So far, it is: {said}" if said else ""
        raise SandboxError(f"{interaction.shown} got no final answer within {within_s:g} seconds.{still}")
    return _answers(interaction)


async def completions(world: World, interaction: Interaction) -> list[Json]:
    """Wait for the completions that `typed_input.ask_for_completions` asked for.

    Returns:
        Discord's choice objects, each with a `name` and a `value`.

    Raises:
        SandboxError: the bot did not answer within three seconds.
    """
    await interaction_lifecycle.wait_for_first_answer(world, interaction)
    if interaction.choices is None:
        raise SandboxError(f"The bot did not answer within {FIRST_ANSWER_S} seconds.")
    return interaction.choices


def _is_settled(world: World, interaction: Interaction) -> bool:
    """Whether an interaction failed or has its final answer: one without the waiting mark."""
    state = interaction_lifecycle.state(world, interaction)
    waits = any(message.content.startswith(WAITING_MARK) for message in _answers(interaction))
    return state == "failed" or (state == "answered" and not waits)


def no_answer(interaction: Interaction) -> str:
    """The sentence that stands in place of an answer that did not come in time."""
    return f"{interaction.shown}: The application did not respond within {FIRST_ANSWER_S} seconds."


def _answers(interaction: Interaction) -> list[Message]:
    return [message for message in (interaction.original, *interaction.followups) if message]
