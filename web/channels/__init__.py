"""微信 and 企业微信: their calls, answered within five seconds or later, in words that fit a phone."""
