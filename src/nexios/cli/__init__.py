"""The command line: `nexios`."""
