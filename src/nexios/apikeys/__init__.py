"""API keys: their form, and how one is made and verified; knows nothing of the web."""
