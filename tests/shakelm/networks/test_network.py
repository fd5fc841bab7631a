"""The state of a network, as the protocol defines it."""

from shakelm.networks.network import empty_state, states_per_layer


def test_an_lstm_has_two_states_in_each_layer_and_a_simple_rnn_one() -> None:
    assert states_per_layer("lstm") == 2
    assert states_per_layer("simple-rnn") == 1


def test_an_empty_state_has_zeros_for_each_layer_in_order() -> None:
    state = empty_state("lstm", (5, 4), 3)
    assert [array.shape for array in state] == [(3, 5), (3, 5), (3, 4), (3, 4)]
    assert not any(array.any() for array in state)
    assert [array.shape for array in empty_state("simple-rnn", (5, 4), 3)] == [(3, 5), (3, 4)]
