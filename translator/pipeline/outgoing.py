"""How spans become envelopes for one destination, in a form that can be given to another process."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from translator.delivery.destination import Destination
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.envelopes.issues import IssuePacker
from translator.envelopes.legacy import AttributeNames
from translator.envelopes.pack import Packer, Sender, SpanPacker, split_spans
from translator.envelopes.transaction import SPOTLIGHT, TransactionPacker, split_transaction
from translator.model import Envelope


class Outgoing(msgspec.Struct, frozen=True):
    """What decides the bytes of an envelope besides its spans.

    Attributes:
        destination: Where it goes.
        identity: What is said of every span.
        privacy: What content may be sent.
        names: Under which names attributes are sent.
        mask_secrets: Whether API keys, passwords and credentials are masked.
        transactions: Whether envelopes hold transactions instead of spans.
        sample_rate: The share of traces that is sent.
        issues: Whether failed spans are also sent as error events.
    """

    destination: Destination
    identity: Identity
    privacy: Privacy
    names: AttributeNames = AttributeNames.CURRENT
    mask_secrets: bool = True
    transactions: bool = False
    sample_rate: float = 1.0
    issues: bool = False

    def encoder(self) -> SpanEncoder:
        """Puts spans into Sentry's words."""
        return SpanEncoder(self.identity, self.privacy, names=self.names, mask_secrets=self.mask_secrets)

    def packer(self) -> Packer:
        """Makes envelopes of them."""
        sender = Sender(
            self.destination.public_key,
            (self.identity.sdk_name, self.identity.sdk_version),
            environment=self.identity.environment,
            release=self.identity.release,
            sample_rate=self.sample_rate,
        )
        packer: Packer = SpanPacker(sender)
        if self.transactions:
            packer = TransactionPacker(sender, self.identity, SPOTLIGHT if self.destination.spotlight else {})
        if self.issues:
            sdk = {"name": self.identity.sdk_name, "version": self.identity.sdk_version}
            packer = IssuePacker(packer, sender, sdk)
        return packer

    @property
    def split(self) -> Callable[[Envelope], list[Envelope]]:
        """Makes two envelopes of one that is too large."""
        return split_transaction if self.transactions else split_spans
