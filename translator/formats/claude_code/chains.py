"""Which chain a line belongs to: its session's, a sub-agent's, or that of a side conversation."""

from __future__ import annotations

from translator.formats.claude_code import links
from translator.formats.claude_code.records import agent_id_of_path, fingerprint, said, text
from translator.formats.claude_code.state import Chain
from translator.formats.claude_code.turns import Turns
from translator.model import Json

_MOST_ROOTS = 20_000


class Chains:
    """Finds the chains of lines, and makes them.

    Args:
        turns: What their turns are built with.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def of(self, record: dict[str, Json], time: int) -> Chain:
        """The chain of a line that was written at a time, in microseconds."""
        source, session = self._turns.line.source, text(record.get("sessionId"))
        agent_id = text(record.get("agentId")) or agent_id_of_path(source)
        side = bool(agent_id) or record.get("isSidechain") is True
        if agent_id:
            key = f"agent {agent_id}"
        elif side:
            key = f"side {self._root(record)}"
        else:
            key = f"session {session}"
        chain = self._turns.state.chains.get(key)
        if chain is None:
            chain = Chain(key, source, session, agent_id, side=side, linked=not side, start=time)
            chain.conversation = "" if side else session
            chain.since = chain.touched = self._turns.now
            self._turns.state.chains[key] = chain
            if side:
                chain.prompt, chain.agent = fingerprint(said(record)), text(record.get("attributionAgent"))
                self._turns.state.unlinked[key] = None
                if links.link(self._turns.state, chain, self._turns.now):
                    del self._turns.state.unlinked[key]
        return chain

    def _root(self, record: dict[str, Json]) -> str:
        """The first line of the side conversation that a line without an agent's id belongs to."""
        roots = self._turns.state.roots
        uuid = text(record.get("uuid"))
        root = roots.get(text(record.get("parentUuid"))) or uuid
        roots[uuid] = root
        if len(roots) > _MOST_ROOTS:
            del roots[next(iter(roots))]
        return root

    def follow_copied(self, chain: Chain, record: dict[str, Json], uuid: str) -> None:
        """Where a copy begins with a turn that is still open, its new lines go on with that turn."""
        if record.get("type") != "user" or chain.side:
            return
        for other in self._turns.state.chains.values():
            if other is not chain and other.turn is not None and other.turn.turn_id == uuid:
                chain.follows = other.key

    def followed(self, chain: Chain) -> Chain:
        """The chain whose turn goes on with the lines of this one: mostly itself."""
        if chain.follows and chain.turn is None:
            other = self._turns.state.chains.get(chain.follows)
            if other is not None and other.turn is not None:
                return other
            chain.follows = ""
        return chain
