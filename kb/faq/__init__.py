"""Questions with approved answers: how they are written, reviewed, matched, and handed to the portal."""
