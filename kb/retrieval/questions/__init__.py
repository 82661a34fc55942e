"""Questions that passages are known to answer, matched with what is asked."""
