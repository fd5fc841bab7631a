"""Causes a fault: at once at the gateway, or at the REST requests that follow."""

from typing import cast, get_args

from sandbox.api.faults import FaultForm, Faults, GatewayFault
from sandbox.api.gateway.gateway_server import Gateway


async def cause(form: FaultForm, gateway: Gateway, faults: Faults) -> None:
    """Cause the fault that the form describes."""
    if form.kind in get_args(GatewayFault):
        await gateway.fail(cast(GatewayFault, form.kind))
    else:
        faults.add(form)
