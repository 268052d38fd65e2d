"""One guarded route behind a session, in each of the places where sessions are kept."""
