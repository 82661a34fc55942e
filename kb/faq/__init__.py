"""FAQ entries (常见问答): how they are written, reviewed and matched, and how the portal gets them."""
