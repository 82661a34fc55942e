"""What every request passes before its route: identity, limits, security headers."""
