"""`python -m shakelm.cli`: the command `shakelm`."""

from shakelm.cli import main

main()
