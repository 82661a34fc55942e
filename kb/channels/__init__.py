"""What 微信 and 企业微信 need kept: messages by their digests until they are delivered, and access tokens."""
