"""OSC in both directions: `addresses` what is understood, `packet` how it is read, `bridge` the sockets."""
