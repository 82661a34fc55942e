"""Notices to staff by mail, webhook and group robots: what is told, to whom, until it has arrived."""
