"""What one peer may cost, from its first byte."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the listener; every one has a test of a peer that crosses it."""

    #: Announced in A-ASSOCIATE-AC (PS3.8 D.1) and enforced: a longer P-DATA-TF is an invalid PDU.
    max_pdu_length: int = 131_072
    #: Longest A-ASSOCIATE-RQ.  128 contexts of 30 transfer syntaxes are about 110 kB.
    max_associate_length: int = 131_072
    #: Longest command set of one message; real ones have about 150 bytes.
    max_command_length: int = 16_384
    #: Associations of every kind but Verification only.
    max_associations: int = 500
    #: Slots above max_associations, for associations that propose Verification and nothing else.
    verification_reserve: int = 20
    #: Associations of one calling AE; a directory entry may say another number.
    max_associations_per_ae: int = 32
    #: Slots above that number for the same AE, Verification only.
    verification_reserve_per_ae: int = 2
    #: Connections that have not (yet) an association.
    max_pending: int = 512
    #: The same, of one address.
    max_pending_per_address: int = 64
    #: TLS handshake, from accept to finished.
    handshake_seconds: float = 10.0
    #: ARTIM while the A-ASSOCIATE-RQ is awaited, PS3.8 9.1.5.
    request_seconds: float = 15.0
    #: ARTIM while the peer is to close after our reject, release or abort.
    close_seconds: float = 5.0
    #: Read and dropped behind our reject, release or abort, so that the peer can read our answer, before it is cut.
    max_dropped_bytes: int = 16_777_216
    #: A PDU begun is complete within this time, and a message begun does not fall silent for longer.
    pdu_seconds: float = 20.0
    #: A message begun comes in at this rate at least, on the mean, after the first rate_grace_seconds.
    min_bytes_per_second: float = 512.0
    rate_grace_seconds: float = 60.0
    #: An association without any message.
    idle_seconds: float = 600.0
    #: Our own A-RELEASE-RQ is answered within this time.
    release_seconds: float = 5.0
    #: A peer that does not take our answers.
    write_stall_seconds: float = 20.0
    #: Received and not yet taken by the spool: of one association, and of all.
    max_queued_bytes: int = 1_048_576
    max_queued_bytes_total: int = 67_108_864
