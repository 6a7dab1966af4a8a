"""DXLink: messages, the protocol without a socket, decoding, indexed events."""
