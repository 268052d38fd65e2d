"""The measured applications: one module each, written as that framework's own documentation shows.

Every module offers `create_app(secret, max_age)` and `app`, which serves

- `GET /plain`: a small dict to anybody,
- `GET /jwt`: identity and name of the user whom a Bearer token (HS256) names in `sub`,
- `GET /session`: the same for a signed session cookie,
- `GET /apikey`: the same for an `X-API-Key`,
- `POST /login?identity=…`: begins a session.

A guarded path answers 401 with a challenge and a problem body to everybody else.
"""
