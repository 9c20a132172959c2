"""The wire: frames, neutral messages, and one dialect for each version of OpenFlow.

`framing` cuts a stream into frames, `dialect` names what a dialect offers, `messages`,
`multipart`, `table_features`, `actions`, `instructions`, `groups` and `oxm` are what a
frame means, `v13` is OpenFlow 1.3 and `v10` OpenFlow 1.0. The only package that knows a
version number.
"""
