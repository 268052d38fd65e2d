"""The same users, backends and guards in applications of other frameworks."""
