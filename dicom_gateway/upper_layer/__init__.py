"""The DICOM upper layer of an acceptor: PDUs, state table, limits, TLS, on asyncio.

Bytes enter protocol.UpperLayer and indications come out; it never touches a socket.  connection.Connection is the
thin shell around it, server.Server the listener.  Nothing here knows a service class.
"""
