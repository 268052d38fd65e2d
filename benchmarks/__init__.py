"""What an authenticated request costs: Nexios beside a hand-written ASGI function and five frameworks."""
