"""The routes under /api/staff, and who is signed in (`identity`)."""
