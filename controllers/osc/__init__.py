"""OSC in both directions: `addresses` what is understood, `packet` how it is read, `bridge` the sockets.

Beside them stand who is sent what (`subscribers`, `news`), how surfaces find it (`query`, `query_server`, `announce`),
and a ready surface (`open_stage_control`).
"""
