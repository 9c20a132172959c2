"""The wire: frames, neutral messages, and one dialect for each version of OpenFlow.

`framing` cuts a stream into frames, `dialect` names what a dialect offers, `messages`,
`multipart`, `table_features`, `actions`, `instructions`, `groups` and `oxm` are what a
frame means, and `v13` is OpenFlow 1.3. The only package that knows a version number.
"""
