"""The way in: file -> text -> outline -> chunks -> store."""
