"""The members, roles and channels that every world starts with.

The student may not manage anything. The teacher has Manage Server through the role Teacher; the
assistant's role has no permissions; the owner has them all. In `#verses` everyone has the usual
permissions, in `#announcements` the bot may not post, and the bot does not see `#staff`.
"""

from sandbox.world.guild_objects import Channel, Member, Role, User
from sandbox.world.ids import (
    ANNOUNCEMENTS_ID,
    APPLICATION_ID,
    ASSISTANT_ROLE_ID,
    BOT_ROLE_ID,
    GUILD_ID,
    STAFF_ID,
    TEACHER_ROLE_ID,
    VERSES_ID,
)
from sandbox.world.permissions import Overwrite, Permission

BOT = User(APPLICATION_ID, "shakelm", "shakelm", bot=True)
STUDENT = User("1100000000000000011", "student", "Student")
TEACHER = User("1100000000000000012", "teacher", "Teacher")
ASSISTANT = User("1100000000000000013", "assistant", "Assistant")
OWNER = User("1100000000000000014", "owner", "Owner")

PEOPLE = (STUDENT, TEACHER, ASSISTANT, OWNER)

_EVERYONE_MAY = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CONNECT
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)

ROLES = (
    Role(GUILD_ID, "@everyone", _EVERYONE_MAY, 0),
    Role(ASSISTANT_ROLE_ID, "Assistant", 0, 1),
    Role(TEACHER_ROLE_ID, "Teacher", Permission.MANAGE_GUILD, 2),
    Role(BOT_ROLE_ID, "shakelm", 0, 3, managed=True),
)

_NO_POSTS_BY_BOT = Overwrite(BOT_ROLE_ID, 0, deny=Permission.SEND_MESSAGES)
_HIDDEN = Overwrite(GUILD_ID, 0, deny=Permission.VIEW_CHANNEL)
_SHOWN_TO_TEACHERS = Overwrite(TEACHER_ROLE_ID, 0, allow=Permission.VIEW_CHANNEL)

CHANNELS = (
    Channel(VERSES_ID, "verses", "Ask for a verse", 0),
    Channel(ANNOUNCEMENTS_ID, "announcements", "The bot may not post here", 1, (_NO_POSTS_BY_BOT,)),
    Channel(STAFF_ID, "staff", "The bot cannot see this", 2, (_HIDDEN, _SHOWN_TO_TEACHERS)),
)

MEMBERS = (
    Member(BOT, (BOT_ROLE_ID,)),
    Member(STUDENT),
    Member(TEACHER, (TEACHER_ROLE_ID,)),
    Member(ASSISTANT, (ASSISTANT_ROLE_ID,)),
    Member(OWNER),
)
