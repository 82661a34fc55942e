"""Turns a typed question into a query: spelling, follow-ups, lay words, departments, time.

kb.question.understanding says in which order, and why.
"""
