"""OSC in both directions: `addresses` defines the messages, `packet` reads them, `bridge` has the sockets.

`subscribers` and `outgoing` are what is sent, and to whom; `query`, `query_server` and `announce` let surfaces find it;
`open_stage_control` makes a ready surface.
"""
