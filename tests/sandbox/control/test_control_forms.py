"""The bodies of requests to the control API."""

from sandbox.control.control_forms import RolePermissionsForm
from sandbox.world.permissions import Permission


def test_a_permission_that_is_named_twice_counts_once() -> None:
    names = ["VIEW_CHANNEL", "SEND_MESSAGES", "VIEW_CHANNEL"]
    form = RolePermissionsForm.model_validate({"role": "Teacher", "permissions": names})
    assert form.permissions == Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
