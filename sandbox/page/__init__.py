"""The page: the chat in a browser, over one WebSocket.

Python sends what a member sees and does what a member asks for; `static/` draws it.
"""
