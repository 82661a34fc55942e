"""The index on a Qdrant server or cluster (KB_QDRANT_URL), asked through qdrant-client.

Imported only where that is set: qdrant-client takes over a second to import.
"""
