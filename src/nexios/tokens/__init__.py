"""JSON Web Tokens: keys, signatures and claims; knows nothing of the web."""
