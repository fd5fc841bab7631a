"""Commands to register in tests."""

OPTIONS = [
    {"type": 3, "name": "seed", "description": "d", "required": True, "min_length": 2, "max_length": 30},
    {"type": 10, "name": "temperature", "description": "d", "min_value": 0, "max_value": 2},
    {"type": 4, "name": "lines", "description": "d", "min_value": 1, "max_value": 40},
    {"type": 5, "name": "private", "description": "d"},
    {"type": 3, "name": "kind", "description": "d", "choices": [{"name": "Word", "value": "w"}]},
    {"type": 6, "name": "who", "description": "d"},
]


VERSE = {"name": "verse", "description": "Write", "options": OPTIONS}


ADMIN = {
    "name": "admin",
    "description": "For teachers",
    "default_member_permissions": "32",
    "options": [
        {"type": 1, "name": "train", "description": "d", "options": [OPTIONS[2]]},
        {"type": 1, "name": "status", "description": "d"},
    ],
}
