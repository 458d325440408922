"""Which tool call started a sub-agent; its events wait until that is known."""

from __future__ import annotations

from collections.abc import Iterator

from translator.formats.claude_code.records import session_of_path
from translator.formats.claude_code.state import AgentCall, Chain, ClaudeCodeState
from translator.model import Event, Kind, Phase


def link_all(state: ClaudeCodeState) -> list[Event]:
    """Links every chain that can be, and gives the events that have waited for it."""
    out: list[Event] = []
    changed = True
    while changed:
        changed = False
        for chain in state.chains.values():
            if chain.linked or (call := _call_of(state, chain)) is None or not call.trace_id:
                continue
            place(state, chain, call)
            if not chain.background:
                out += release(chain)
            changed = True
    return out


def place(state: ClaudeCodeState, chain: Chain, call: AgentCall) -> None:
    """Puts a chain under the tool call that started it, and its own calls into the same trace."""
    above = state.chains.get(call.chain)
    chain.linked = True
    chain.trace_id, chain.parent_id = call.trace_id, call.span_id
    chain.conversation = (above.conversation if above is not None else "") or call.session
    meta = state.agents.get(chain.agent_id)
    chain.agent = (meta.agent if meta is not None else "") or call.agent or chain.agent
    chain.background = call.background
    chain.usage, chain.result_at = call.usage, call.result_at
    call.agent_id = call.agent_id or chain.agent_id or chain.key
    _pass_on(state, chain)


def give_up(state: ClaudeCodeState, chain: Chain, trace_id: str) -> list[Event]:
    """Puts a chain that nothing tells of under the likeliest call, else into a trace of its own."""
    call = _likeliest(state, chain)
    if call is not None and call.trace_id:
        place(state, chain, call)
    else:
        chain.linked = True
        chain.trace_id, chain.parent_id = trace_id, ""
        chain.conversation = session_of_path(chain.source) or chain.session
        meta = state.agents.get(chain.agent_id)
        chain.agent = (meta.agent if meta is not None else "") or chain.agent
        _pass_on(state, chain)
    return release(chain)


def take_start(chain: Chain, span_id: str) -> bool:
    """Takes the start of a turn out of what waits; whether it was there."""
    left = [event for event in chain.held if event.phase != Phase.START or event.fields["span_id"] != span_id]
    found = len(left) < len(chain.held)
    chain.held = left
    return found


def release(chain: Chain) -> list[Event]:
    """The events of a chain that is linked, with what was not known when they were made."""
    held, chain.held = chain.held, []
    for event in held:
        event.fields["trace_id"] = chain.trace_id
        if event.kind is Kind.AGENT:
            event.fields["parent_id"] = chain.parent_id
            event.fields["conversation_id"] = chain.conversation
            if chain.agent:
                event.fields["agent"] = chain.agent
    return held


def _pass_on(state: ClaudeCodeState, chain: Chain) -> None:
    for call in state.calls.values():
        if call.chain == chain.key:
            call.trace_id = chain.trace_id


def _call_of(state: ClaudeCodeState, chain: Chain) -> AgentCall | None:
    """The call that the log says started it."""
    if chain.agent_id:
        meta = state.agents.get(chain.agent_id)
        if meta is not None and meta.call_id in state.calls:
            return state.calls[meta.call_id]
        for call in state.calls.values():
            if call.agent_id == chain.agent_id:
                return call
        return None
    asked = chain.turn.prompt if chain.turn is not None else None
    free = list(_free(state, chain))
    for call in free:
        if call.prompt and call.prompt == asked:
            return call
    open_calls = [call for call in free if call.result_at is None]
    return open_calls[0] if len(open_calls) == 1 else None


def _likeliest(state: ClaudeCodeState, chain: Chain) -> AgentCall | None:
    found = _call_of(state, chain)
    if found is not None or chain.turn is None:
        return found
    start, asked = chain.turn.start, chain.turn.prompt
    before = [call for call in _free(state, chain) if call.start <= start]
    return max(before, key=lambda call: (call.prompt == asked, call.start), default=None)


def _free(state: ClaudeCodeState, chain: Chain) -> Iterator[AgentCall]:
    """Calls of the same session whose sub-agent is not known."""
    session = session_of_path(chain.source) or chain.session
    for call in state.calls.values():
        if not call.agent_id and call.session == session and call.chain != chain.key:
            yield call
