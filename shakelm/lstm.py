"""An LSTM layer that trains faster on a CPU than Keras's own, and computes the same.

Keras's general loop accumulates the gradients of all weights at every time step. Here the loop carries only
what depends on the step before, the recurrent product; the products with the input and the gradients of the
weights are one matrix product each over the whole window (as in Appleyard et al., 2016, arXiv:1604.01946).
"""

from typing import Any

import tensorflow as tf

from shakelm import backend
from shakelm.backend import keras


class LSTM(keras.layers.LSTM):  # type: ignore[misc]
    """`keras.layers.LSTM` with its weights, options and results; on a GPU, Keras's own (cuDNN) runs.

    Masks, dropout inside the layer and backward reading are not for this layer.
    """

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Run the whole window; the last output, all outputs (batch, time, units), and the states after."""
        if backend.has_gpu():
            return super().inner_loop(sequences, initial_state, mask, training)
        # A custom gradient takes tensors; variables would count as hidden inputs.
        weights = map(tf.convert_to_tensor, (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias))
        outputs, hidden, memory = lstm(sequences, *initial_state, *weights)
        return hidden, outputs, [hidden, memory]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def lstm(inputs: Any, hidden: Any, memory: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """An LSTM over a window, with gradients to everything it is given.

    Args:
        inputs: (batch, time, features).
        hidden: the hidden state before, (batch, units).
        memory: the cell state before, (batch, units).
        kernel: (features, 4 units), gates in Keras's order: input, forget, candidate, output.
        recurrent_kernel: (units, 4 units).
        bias: (4 units,).

    Returns:
        All hidden states (batch, time, units), and the last hidden and cell states (batch, units).
    """
    steps, units, features = tf.shape(inputs)[1], recurrent_kernel.shape[0], kernel.shape[0]
    # Time comes first, so that a step's rows lie together.
    rows = tf.reshape(tf.transpose(inputs, (1, 0, 2)), (-1, features))
    projected = _unstack(tf.reshape(rows @ kernel + bias, (steps, -1, 4 * units)))
    empty = [tf.TensorArray(inputs.dtype, steps) for _ in range(3)]

    def forward(step: Any, hidden: Any, memory: Any, all_hidden: Any, all_memory: Any, all_gates: Any) -> Any:
        into, forget, candidate, out = tf.split(projected.read(step) + hidden @ recurrent_kernel, 4, axis=1)
        into, forget, out = tf.sigmoid(into), tf.sigmoid(forget), tf.sigmoid(out)
        candidate = tf.tanh(candidate)
        memory = forget * memory + into * candidate
        hidden = out * tf.tanh(memory)
        gates = tf.concat((into, forget, candidate, out), axis=1)
        return (
            step + 1,
            hidden,
            memory,
            all_hidden.write(step, hidden),
            all_memory.write(step, memory),
            all_gates.write(step, gates),
        )

    _, last_hidden, last_memory, all_hidden, all_memory, all_gates = tf.while_loop(
        lambda step, *_: step < steps, forward, (0, hidden, memory, *empty), parallel_iterations=1
    )
    hiddens, memories, gates = all_hidden.stack(), all_memory.stack(), all_gates.stack()

    def gradients(of_outputs: Any, of_last_hidden: Any, of_last_memory: Any) -> Any:
        """Gradients with respect to the six arguments, from those with respect to the three results."""
        hiddens_before = tf.concat((hidden[tf.newaxis], hiddens[:-1]), axis=0)
        memories_before = _unstack(tf.concat((memory[tf.newaxis], memories[:-1]), axis=0))
        arriving, after, opened = (
            _unstack(tf.transpose(of_outputs, (1, 0, 2))),
            _unstack(memories),
            _unstack(gates),
        )
        transposed = tf.transpose(recurrent_kernel)

        def backward(step: Any, of_hidden: Any, of_memory: Any, of_sums: Any) -> Any:
            into, forget, candidate, out = tf.split(opened.read(step), 4, axis=1)
            bounded = tf.tanh(after.read(step))
            of_hidden += arriving.read(step)
            of_memory += of_hidden * out * (1 - bounded * bounded)
            of_sum = tf.concat(
                (
                    of_memory * candidate * into * (1 - into),
                    of_memory * memories_before.read(step) * forget * (1 - forget),
                    of_memory * into * (1 - candidate * candidate),
                    of_hidden * bounded * out * (1 - out),
                ),
                axis=1,
            )
            return step - 1, of_sum @ transposed, of_memory * forget, of_sums.write(step, of_sum)

        _, of_first_hidden, of_first_memory, of_sums = tf.while_loop(
            lambda step, *_: step >= 0,
            backward,
            (steps - 1, of_last_hidden, of_last_memory, tf.TensorArray(inputs.dtype, steps)),
            parallel_iterations=1,
        )
        of_rows = tf.reshape(of_sums.stack(), (-1, 4 * units))
        of_inputs = tf.reshape(tf.matmul(of_rows, kernel, transpose_b=True), (steps, -1, features))
        return (
            tf.transpose(of_inputs, (1, 0, 2)),
            of_first_hidden,
            of_first_memory,
            tf.matmul(rows, of_rows, transpose_a=True),
            tf.matmul(tf.reshape(hiddens_before, (-1, units)), of_rows, transpose_a=True),
            tf.reduce_sum(of_rows, axis=0),
        )

    return (tf.transpose(hiddens, (1, 0, 2)), last_hidden, last_memory), gradients


def _unstack(array: Any) -> Any:
    """A tensor array of the slices along the first axis."""
    return tf.TensorArray(array.dtype, tf.shape(array)[0]).unstack(array)
