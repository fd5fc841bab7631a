"""A small bot on hikari; it runs in an environment of its own (`make clients`)."""

import asyncio
import os

import hikari

bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"],
    rest_url=os.environ["DISCORD_API_BASE"],
    intents=hikari.Intents.GUILDS,
    banner=None,
    logs="WARNING",
    suppress_optimization_warning=True,
)
NAMES = ("answer", "think", "private", "buttons", "file", "remove", "say", "entities", "layout")


@bot.listen()
async def register(_: hikari.StartedEvent) -> None:
    application = await bot.rest.fetch_application()
    commands = [bot.rest.slash_command_builder(name, f"Shows {name}") for name in NAMES]
    word = hikari.CommandOption(
        type=hikari.OptionType.STRING, name="word", description="A word", is_required=True, autocomplete=True
    )
    commands.append(bot.rest.slash_command_builder("complete", "Completes").add_option(word))
    await bot.rest.set_application_commands(application.id, commands)
    print("READY", flush=True)


@bot.listen()
async def resumed(_: hikari.ShardResumedEvent) -> None:
    print("RESUMED", flush=True)


@bot.listen()
async def on_interaction(event: hikari.InteractionCreateEvent) -> None:
    interaction = event.interaction
    if isinstance(interaction, hikari.AutocompleteInteraction):
        typed = interaction.options[0].value
        await interaction.create_response([hikari.impl.AutocompleteChoiceBuilder(f"{typed}!", f"{typed}!")])
    elif isinstance(interaction, hikari.CommandInteraction):
        await COMMANDS[interaction.command_name](interaction)
    elif isinstance(interaction, hikari.ComponentInteraction):
        await on_component(interaction)
    elif isinstance(interaction, hikari.ModalInteraction):
        name = interaction.components[0].components[0].value
        await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"named {name}")


MESSAGE = hikari.ResponseType.MESSAGE_CREATE


async def answer(interaction: hikari.CommandInteraction) -> None:
    await interaction.create_initial_response(MESSAGE, "answered")


async def think(interaction: hikari.CommandInteraction) -> None:
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
    await interaction.edit_initial_response("thought")
    more = await interaction.execute("more")
    await interaction.edit_message(more, "more!")
    extra = await interaction.execute("extra")
    await interaction.delete_message(extra)


async def private(interaction: hikari.CommandInteraction) -> None:
    await interaction.create_initial_response(MESSAGE, "psst", flags=hikari.MessageFlag.EPHEMERAL)


async def buttons(interaction: hikari.CommandInteraction) -> None:
    row, below = bot.rest.build_message_action_row(), bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "press", label="Press")
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, "modal", label="Fill in")
    row.add_link_button("https://example.org", label="Docs")
    below.add_text_menu("pick", placeholder="Pick").add_option("First", "a").add_option("Second", "b")
    await interaction.create_initial_response(MESSAGE, "choose", components=[row, below])


async def file(interaction: hikari.CommandInteraction) -> None:
    embed = hikari.Embed(title="A file", color=0x123456).add_field("Name", "Value", inline=True)
    await interaction.create_initial_response(
        MESSAGE, "see", embed=embed, attachment=hikari.Bytes(b"once more", "a.txt")
    )


async def remove(interaction: hikari.CommandInteraction) -> None:
    await interaction.create_initial_response(MESSAGE, "soon gone")
    await interaction.delete_initial_response()


async def say(interaction: hikari.CommandInteraction) -> None:
    await interaction.create_initial_response(MESSAGE, "see below", flags=hikari.MessageFlag.EPHEMERAL)
    said = await bot.rest.create_message(interaction.channel_id, "said")
    await bot.rest.create_message(interaction.channel_id, "replied", reply=said)
    await said.edit("said again")


async def entities(interaction: hikari.CommandInteraction) -> None:
    row = bot.rest.build_message_action_row()
    row.add_select_menu(hikari.ComponentType.USER_SELECT_MENU, "who", placeholder="Who")
    await interaction.create_initial_response(MESSAGE, "whom", components=[row])


async def layout(interaction: hikari.CommandInteraction) -> None:
    box = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x123456))
    box.add_text_display("shown")
    box.add_separator()
    await interaction.create_initial_response(
        MESSAGE, components=[box], flags=hikari.MessageFlag.IS_COMPONENTS_V2
    )


async def complete(interaction: hikari.CommandInteraction) -> None:
    assert interaction.options
    await interaction.create_initial_response(MESSAGE, f"word {interaction.options[0].value}")


COMMANDS = {
    function.__name__: function
    for function in (answer, think, private, buttons, file, remove, say, entities, layout, complete)
}


async def on_component(interaction: hikari.ComponentInteraction) -> None:
    match interaction.custom_id:
        case "press":
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_UPDATE, "pressed", components=[]
            )
        case "modal":
            row = bot.rest.build_modal_action_row()
            row.add_text_input("name", "Name", min_length=2)
            await interaction.create_modal_response("Form", "form", components=[row])
        case "who":
            names = [user.username for user in interaction.resolved.users.values()]
            await interaction.create_initial_response(MESSAGE, f"picked {names[0]}")
        case "pick":
            await interaction.create_initial_response(MESSAGE, f"picked {interaction.values[0]}")


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    bot.run(check_for_updates=False)
