"""What tests of several packages import: waiting, processes, makers of requests and models, Discord's messages."""
