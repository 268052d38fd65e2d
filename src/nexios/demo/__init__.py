"""`nexios demo`: a page on which a person sees what Nexios does, built of its own parts as a user would."""
