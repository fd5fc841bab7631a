"""What bots show in the second version of components, selects that Discord lists, and a modal with files."""

from typing import Any

import discord

from tests.sandbox.little_bot import LittleBot


class Layout(discord.ui.LayoutView):
    """Every component of the second version."""

    def __init__(self) -> None:
        super().__init__()
        picture = discord.MediaGalleryItem("attachment://a.png")
        box: discord.ui.Container[Any] = discord.ui.Container(
            discord.ui.Section("To be", accessory=discord.ui.Thumbnail("https://example.org/a.png")),
            discord.ui.Separator(),
            discord.ui.MediaGallery(picture),
            accent_color=0x123456,
        )
        self.add_item(box)
        self.add_item(discord.ui.File("attachment://a.txt"))
        self.add_item(discord.ui.ActionRow(discord.ui.UserSelect(custom_id="who", placeholder="Who")))


class Entities(discord.ui.View):
    """A select of each kind that Discord lists."""

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="Who", max_values=2)
    async def who(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(", ".join(one.name for one in select.values))

    @discord.ui.select(cls=discord.ui.RoleSelect, placeholder="Role")
    async def role(self, interaction: discord.Interaction, select: discord.ui.RoleSelect[Any]) -> None:
        await interaction.response.send_message(", ".join(one.name for one in select.values))

    @discord.ui.select(cls=discord.ui.MentionableSelect, placeholder="Anybody", max_values=2)
    async def anybody(
        self, interaction: discord.Interaction, select: discord.ui.MentionableSelect[Any]
    ) -> None:
        await interaction.response.send_message(", ".join(type(one).__name__ for one in select.values))

    @discord.ui.select(
        cls=discord.ui.ChannelSelect, placeholder="Where", channel_types=[discord.ChannelType.text]
    )
    async def where(self, interaction: discord.Interaction, select: discord.ui.ChannelSelect[Any]) -> None:
        await interaction.response.send_message(
            f"{select.values[0].name} {select.values[0].permissions.value}"
        )


class Everything(discord.ui.Modal, title="Everything"):
    """A text and a field of each kind."""

    note: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("Read this")
    who: discord.ui.Label[Any] = discord.ui.Label(text="Who", component=discord.ui.UserSelect())
    files: discord.ui.Label[Any] = discord.ui.Label(
        text="Files", component=discord.ui.FileUpload(max_values=2, required=False)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.who.component, discord.ui.UserSelect)
        assert isinstance(self.files.component, discord.ui.FileUpload)
        texts = [(await file.read()).decode() for file in self.files.component.values]
        await interaction.response.send_message(f"{self.who.component.values[0].name}: {' '.join(texts)}")


def with_everything(bot: LittleBot) -> None:
    @bot.tree.command(description="Opens a modal")
    async def everything(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Everything())
