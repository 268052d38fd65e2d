"""Where keys, sessions and tokens are kept."""
