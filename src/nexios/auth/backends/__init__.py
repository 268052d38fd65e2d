"""How a credential is read from a request: one module a kind."""
