"""What can be made to happen from the control side: name → act. Each takes the world and the JSON body of the call."""

from collections.abc import Callable

from simulator.telegram.acts import groups, people, trouble
from simulator.telegram.state import Json
from simulator.telegram.world import World

# Returns what the control side answers; raises ControlError for what cannot be.
Act = Callable[[World, Json], Json]

ACTS: dict[str, Act] = {
    "person": people.make,
    "say": people.say,
    "send": people.send,
    "edit": people.edit,
    "press": people.press,
    "block": people.block,
    "unblock": people.unblock,
    "deactivate": people.deactivate,
    "bot": groups.make_bot,
    "group": groups.make,
    "join": groups.join,
    "remove": groups.remove,
    "promote": groups.promote,
    "migrate": groups.migrate,
    "fault": trouble.fault,
    "clear_faults": trouble.clear_faults,
    "limits": trouble.limits,
    "revoke": trouble.revoke,
    "hold": trouble.hold,
    "duplicate": trouble.duplicate,
    "again": trouble.again,
    "update": trouble.update,
    "renumber": trouble.renumber,
    "expire_presses": trouble.expire_presses,
    "reset": trouble.reset,
}
