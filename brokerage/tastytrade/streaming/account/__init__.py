"""The account streamer: messages and the protocol without a socket."""
