"""Who gets in from outside: other programs by keys, and staff by the district's own sign-on."""
