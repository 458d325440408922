"""Which tool call started a sub-agent; its lines wait until that is known."""

from __future__ import annotations

from collections.abc import Iterator

from translator.formats.claude_code.records import internal_agent, run_of_path, session_of_path
from translator.formats.claude_code.state import AgentCall, Chain, ClaudeCodeState, Meta

STUB_WAIT = 5.0
"""Seconds in which a tool call says that it does not wait for its sub-agent, if it does not."""

_MOST_CALLS = 5_000


def add_call(state: ClaudeCodeState, call_id: str, call: AgentCall) -> list[Chain]:
    """Notes a call; gives the chains that it may have started."""
    state.calls[call_id] = call
    agent_id = state.started.get(call_id, "")
    if agent_id:
        call.below = f"agent {agent_id}"
    else:
        state.free[call_id] = None
    for kept in (state.calls, state.free):
        if len(kept) > _MOST_CALLS:
            del kept[next(iter(kept))]
    if agent_id:
        return _chains(state, call.below)
    return [chain for chain in unlinked(state) if not chain.agent_id]


def meet(
    state: ClaudeCodeState, agent_id: str, call_id: str, agent: str = "", *, sure: bool = False
) -> list[Chain]:
    """Notes what is said of a sub-agent; gives its chain, if there is one.

    Args:
        state: What is remembered.
        agent_id: The sub-agent.
        call_id: The call that started it; empty where that is not said.
        agent: Its type; empty where that is not said.
        sure: Whether no other word on the call counts against this one.
    """
    meta = state.agents.setdefault(agent_id, Meta())
    meta.agent = agent or meta.agent
    if call_id and (not meta.call_id or (sure and not meta.sure)):
        _part(state, agent_id, meta.call_id)
        meta.call_id, meta.sure = call_id, sure
        state.started[call_id] = agent_id
        state.free.pop(call_id, None)
        call = state.calls.get(call_id)
        if call is not None and not call.below:
            call.below = f"agent {agent_id}"
    for kept in (state.agents, state.started):
        if len(kept) > _MOST_CALLS:
            del kept[next(iter(kept))]
    return _chains(state, f"agent {agent_id}")


def _part(state: ClaudeCodeState, agent_id: str, call_id: str) -> None:
    """Forgets that a call started a sub-agent."""
    if state.started.get(call_id) != agent_id:
        return
    del state.started[call_id]
    call = state.calls.get(call_id)
    if call is not None:
        call.below = ""
        state.free[call_id] = None


def add_run(state: ClaudeCodeState, run_id: str, call_id: str) -> list[Chain]:
    """Notes which call started a workflow; gives the chains of its sub-agents."""
    state.runs.setdefault(run_id, call_id)
    if len(state.runs) > _MOST_CALLS:
        del state.runs[next(iter(state.runs))]
    return [chain for chain in unlinked(state) if run_of_path(chain.source) == run_id]


def link(state: ClaudeCodeState, chain: Chain, now: float) -> bool:
    """Puts a chain under the call that the log says started it, once that is known for sure."""
    found = _call_of(state, chain)
    if found is None:
        return False
    call_id, call = found
    state.free.pop(call_id, None)
    call.below = call.below or chain.key
    if chain.agent_id and not is_ready(call, now):
        chain.call_id = call_id
        return False
    _place(state, chain, call_id, call)
    return True


def is_ready(call: AgentCall, now: float) -> bool:
    """Whether it is known of a call if it waits for its sub-agent."""
    return call.background or call.result_at is not None or now - call.since >= STUB_WAIT


def give_up(state: ClaudeCodeState, chain: Chain) -> None:
    """Puts a chain that nothing tells of under the likeliest call, else into traces of its own."""
    found = _call_of(state, chain) or _likeliest(state, chain)
    if found is not None:
        state.free.pop(found[0], None)
        _place(state, chain, *found)
        return
    chain.linked = True
    chain.conversation = session_of_path(chain.source) or chain.session
    chain.agent = _type(state, chain) or internal_agent(chain.agent_id) or chain.agent


def _place(state: ClaudeCodeState, chain: Chain, call_id: str, call: AgentCall) -> None:
    chain.linked = True
    chain.call_id, chain.trace_id, chain.parent_id = call_id, call.trace_id, call.span_id
    chain.conversation = call.conversation
    chain.agent = _type(state, chain) or call.agent or chain.agent
    chain.background = call.background
    chain.usage, chain.result_at = call.usage, call.result_at
    call.below = call.below or chain.key


def _type(state: ClaudeCodeState, chain: Chain) -> str:
    meta = state.agents.get(chain.agent_id)
    return meta.agent if meta is not None else ""


def unlinked(state: ClaudeCodeState) -> list[Chain]:
    """The chains that wait for a tool call, by their first lines."""
    return sorted((state.chains[key] for key in state.unlinked), key=lambda chain: chain.start)


def _chains(state: ClaudeCodeState, key: str) -> list[Chain]:
    chain = state.chains.get(key)
    return [] if chain is None else [chain]


def _call_of(state: ClaudeCodeState, chain: Chain) -> tuple[str, AgentCall] | None:
    """The call that the log says started it."""
    if chain.agent_id:
        meta = state.agents.get(chain.agent_id)
        call_id = meta.call_id if meta is not None else ""
        call_id = call_id or state.runs.get(run_of_path(chain.source), "")
        call = state.calls.get(call_id)
        return None if call is None else (call_id, call)
    if chain.call_id in state.calls:
        return chain.call_id, state.calls[chain.call_id]
    free = list(_free(state, chain))
    for call_id, call in free:
        if call.prompt and call.prompt == chain.prompt:
            return call_id, call
    running = [found for found in free if found[1].result_at is None]
    untold = not chain.prompt or any(not call.prompt for _, call in running)
    return running[0] if len(running) == 1 and untold else None


def _likeliest(state: ClaudeCodeState, chain: Chain) -> tuple[str, AgentCall] | None:
    """The call before it that asked the same, or for the same type; the latest of those."""
    agent = _type(state, chain) or chain.agent
    likely = [
        found
        for found in _free(state, chain)
        if found[1].start <= chain.start
        and ((found[1].prompt and found[1].prompt == chain.prompt) or (agent and found[1].agent == agent))
    ]
    return max(likely, key=lambda found: (found[1].prompt == chain.prompt, found[1].start), default=None)


def _free(state: ClaudeCodeState, chain: Chain) -> Iterator[tuple[str, AgentCall]]:
    """Calls of the same session whose sub-agent is not known."""
    session = session_of_path(chain.source) or chain.session
    for call_id in state.free:
        call = state.calls.get(call_id)
        if call is not None and call.session == session and call.chain != chain.key:
            yield call_id, call
