"""Answers that are looked up instead of searched for, each by a LookUp of kb.answering.answerer."""
