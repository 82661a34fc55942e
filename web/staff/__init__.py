"""The routes under /api/staff, the sign-in pages, and who is signed in (`identity`)."""
