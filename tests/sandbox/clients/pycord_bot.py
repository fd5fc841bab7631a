"""A small bot on py-cord; it runs in an environment of its own (`make clients`).

py-cord's package has the name of discord.py's.
"""

import io
import os

import discord

discord.http.Route.API_BASE_URL = os.environ["DISCORD_API_BASE"]

bot = discord.Bot(intents=discord.Intents.default())


@bot.event
async def on_ready() -> None:
    print("READY", flush=True)


@bot.event
async def on_resumed() -> None:
    print("RESUMED", flush=True)


class Form(discord.ui.Modal):
    def __init__(self) -> None:
        super().__init__(discord.ui.InputText(label="Name", custom_id="name", min_length=2), title="Form")

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"named {self.children[0].value}")


class Choices(discord.ui.View):
    @discord.ui.button(label="Press", style=discord.ButtonStyle.primary, custom_id="press")
    async def press(self, _: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content="pressed", view=None)

    @discord.ui.button(label="Fill in", custom_id="modal")
    async def modal(self, _: discord.ui.Button, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        placeholder="Pick",
        options=[
            discord.SelectOption(label="First", value="a"),
            discord.SelectOption(label="Second", value="b"),
        ],
    )
    async def pick(self, select: discord.ui.Select, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}")


class Entities(discord.ui.View):
    @discord.ui.select(select_type=discord.ComponentType.user_select, placeholder="Who", custom_id="who")
    async def who(self, select: discord.ui.Select, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"picked {select.values[0].name}")


@bot.slash_command(description="Shows entities")
async def entities(context: discord.ApplicationContext) -> None:
    await context.respond("whom", view=Entities())


@bot.slash_command(description="Shows layout")
async def layout(context: discord.ApplicationContext) -> None:
    box = discord.ui.Container(discord.ui.TextDisplay("shown"), discord.ui.Separator(), color=0x123456)
    await context.respond(view=discord.ui.DesignerView(box))


@bot.slash_command(description="Shows answer")
async def answer(context: discord.ApplicationContext) -> None:
    await context.respond("answered")


@bot.slash_command(description="Shows think")
async def think(context: discord.ApplicationContext) -> None:
    await context.defer()
    await context.edit(content="thought")
    more = await context.followup.send("more", wait=True)
    await more.edit(content="more!")
    extra = await context.followup.send("extra", wait=True)
    await extra.delete()


@bot.slash_command(description="Shows private")
async def private(context: discord.ApplicationContext) -> None:
    await context.respond("psst", ephemeral=True)


@bot.slash_command(description="Shows buttons")
async def buttons(context: discord.ApplicationContext) -> None:
    await context.respond("choose", view=Choices())


@bot.slash_command(description="Shows file")
async def file(context: discord.ApplicationContext) -> None:
    embed = discord.Embed(title="A file", color=0x123456)
    embed.add_field(name="Name", value="Value")
    await context.respond("see", embed=embed, file=discord.File(io.BytesIO(b"once more"), "a.txt"))


@bot.slash_command(description="Shows remove")
async def remove(context: discord.ApplicationContext) -> None:
    await context.respond("soon gone")
    await context.delete()


@bot.slash_command(description="Shows say")
async def say(context: discord.ApplicationContext) -> None:
    await context.respond("see below", ephemeral=True)
    said = await context.channel.send("said")
    await said.reply("replied")
    await said.edit(content="said again")


async def _words(context: discord.AutocompleteContext) -> list[str]:
    return [f"{context.value}!"]


@bot.slash_command(description="Completes")
@discord.option("word", str, description="A word", autocomplete=_words)
async def complete(context: discord.ApplicationContext, word: str) -> None:
    await context.respond(f"word {word}")


if __name__ == "__main__":
    bot.run(os.environ["DISCORD_TOKEN"])
