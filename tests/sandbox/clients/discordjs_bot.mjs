// A small bot on discord.js; it runs where `make clients` installed the library.
import { createRequire } from "node:module";

const { ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, ContainerBuilder, EmbedBuilder, Events, GatewayIntentBits, MessageFlags,
  ModalBuilder, SlashCommandBuilder, StringSelectMenuBuilder, TextInputBuilder, TextInputStyle,
  UserSelectMenuBuilder,
} = createRequire(process.env.CLIENT_FOLDER + "/")("discord.js");

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: process.env.DISCORD_API_BASE.replace("/v10", "") },
});

const commands = {
  answer: (interaction) => interaction.reply("answered"),
  think: async (interaction) => {
    await interaction.deferReply();
    await interaction.editReply("thought");
    const more = await interaction.followUp("more");
    await interaction.editReply({ message: more, content: "more!" });
    const extra = await interaction.followUp("extra");
    await interaction.deleteReply(extra);
  },
  private: (interaction) => interaction.reply({ content: "psst", flags: MessageFlags.Ephemeral }),
  buttons: (interaction) => interaction.reply({ content: "choose", components: [
    new ActionRowBuilder().addComponents(
      new ButtonBuilder().setCustomId("press").setLabel("Press").setStyle(ButtonStyle.Primary),
      new ButtonBuilder().setCustomId("modal").setLabel("Fill in").setStyle(ButtonStyle.Secondary),
      new ButtonBuilder().setURL("https://example.org").setLabel("Docs").setStyle(ButtonStyle.Link)),
    new ActionRowBuilder().addComponents(
      new StringSelectMenuBuilder().setCustomId("pick").setPlaceholder("Pick").addOptions(
        { label: "First", value: "a" }, { label: "Second", value: "b" })),
  ] }),
  file: (interaction) => interaction.reply({
    content: "see",
    embeds: [new EmbedBuilder().setTitle("A file").setColor(0x123456).addFields({ name: "Name", value: "Value" })],
    files: [{ attachment: Buffer.from("once more"), name: "a.txt" }],
  }),
  remove: async (interaction) => {
    await interaction.reply("soon gone");
    await interaction.deleteReply();
  },
  say: async (interaction) => {
    await interaction.reply({ content: "see below", flags: MessageFlags.Ephemeral });
    const said = await interaction.channel.send("said");
    await said.reply("replied");
    await said.edit("said again");
  },
  entities: (interaction) => interaction.reply({ content: "whom", components: [
    new ActionRowBuilder().addComponents(new UserSelectMenuBuilder().setCustomId("who").setPlaceholder("Who")),
  ] }),
  layout: (interaction) => interaction.reply({ flags: MessageFlags.IsComponentsV2, components: [
    new ContainerBuilder().setAccentColor(0x123456)
      .addTextDisplayComponents((text) => text.setContent("shown"))
      .addSeparatorComponents((separator) => separator),
  ] }),
  complete: (interaction) => interaction.reply(`word ${interaction.options.getString("word")}`),
};

const components = {
  press: (interaction) => interaction.update({ content: "pressed", components: [] }),
  modal: (interaction) => interaction.showModal(
    new ModalBuilder().setCustomId("form").setTitle("Form").addComponents(new ActionRowBuilder().addComponents(
      new TextInputBuilder().setCustomId("name").setLabel("Name").setStyle(TextInputStyle.Short).setMinLength(2)))),
  who: (interaction) => interaction.reply(`picked ${interaction.users.first().username}`),
  pick: (interaction) => interaction.reply(`picked ${interaction.values[0]}`),
};

client.once(Events.ClientReady, async () => {
  const builders = Object.keys(commands).map((name) => {
    const builder = new SlashCommandBuilder().setName(name).setDescription(`Shows ${name}`);
    return name === "complete"
      ? builder.addStringOption((option) =>
        option.setName("word").setDescription("A word").setRequired(true).setAutocomplete(true))
      : builder;
  });
  await client.application.commands.set(builders);
  console.log("READY");
});

client.on(Events.ShardResume, () => console.log("RESUMED"));

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    await interaction.respond([{ name: `${typed}!`, value: `${typed}!` }]);
  } else if (interaction.isChatInputCommand()) {
    await commands[interaction.commandName](interaction);
  } else if (interaction.isMessageComponent()) {
    await components[interaction.customId](interaction);
  } else if (interaction.isModalSubmit()) {
    await interaction.reply(`named ${interaction.fields.getTextInputValue("name")}`);
  }
});

await client.login(process.env.DISCORD_TOKEN);
