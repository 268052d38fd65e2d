"""`python -m nexios.cli` is `nexios`."""

from nexios.cli import main

main()
