"""An LSTM layer that computes the same as Keras's own and trains faster on a CPU.

Keras's general loop adds to the gradients of all weights at every time step. Here the loop holds only what
depends on the step before, the recurrent product. The products with the input and the gradients of the
weights are one matrix product each for the whole sequence (Appleyard et al., 2016, arXiv:1604.01946).
"""

from typing import Any

from shakelm.configuration import Precision
from shakelm.networks import backend
from shakelm.networks.backend import keras
from shakelm.networks.backend import tensorflow as tf


class LSTM(keras.layers.LSTM):  # type: ignore[misc]
    """`keras.layers.LSTM` with its weights, options and results.

    `weight_dropout` is the fraction of the recurrent weights that each training step leaves out, the same
    weights for the whole sequence (Merity et al., 2018, arXiv:1708.02182). `precision` is the precision of
    the matrix products; sums and everything else stay float32. On a GPU, Keras's own layer (cuDNN) runs if
    neither is set. Masks, dropout of inputs inside the layer, and backward reading are not supported.
    """

    def __init__(
        self, units: int, *, weight_dropout: float = 0.0, precision: Precision = "float32", **options: Any
    ) -> None:
        super().__init__(units, **options)
        self._weight_dropout = weight_dropout
        self._product_type = tf.as_dtype(precision)
        self._plain = weight_dropout == 0 and precision == "float32"
        self._seeds = keras.random.SeedGenerator()

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Read a sequence; return the last output, all outputs (batch, time, units), and the states after."""
        if self._plain and backend.has_gpu():
            return super().inner_loop(sequences, initial_state, mask, training)
        recurrent_kernel = tf.convert_to_tensor(self.cell.recurrent_kernel)
        if training and self._weight_dropout:
            recurrent_kernel = keras.random.dropout(recurrent_kernel, self._weight_dropout, seed=self._seeds)
        # A custom gradient takes tensors: variables would count as hidden inputs.
        kernel, bias = tf.convert_to_tensor(self.cell.kernel), tf.convert_to_tensor(self.cell.bias)
        starts = (sequences, *(tf.convert_to_tensor(state) for state in initial_state))
        lstm = _lstm(self._product_type)
        parts = [lstm(*rows, kernel, recurrent_kernel, bias) for rows in _halves(starts)]
        outputs, hidden, cell_state = (tf.concat(part, axis=0) for part in zip(*parts, strict=True))
        return hidden, outputs, [hidden, cell_state]


def _halves(arrays: tuple[Any, ...]) -> Any:
    """Split the rows of all arrays into two halves, whose loops then run at the same time.

    The operations of a step are too small for several threads each (see `backend.halve_threads`).
    """
    rows = keras.ops.shape(arrays[0])[0]
    sizes = (rows // 2, rows - rows // 2)
    return zip(*(tf.split(array, sizes, num=2) for array in arrays), strict=True)


def _lstm(product_type: Any) -> Any:
    """Return the function `lstm` below with matrix products of that type, and gradients to all arguments."""

    def product(left: Any, right: Any, **transposed: bool) -> Any:
        narrow = tf.matmul(tf.cast(left, product_type), tf.cast(right, product_type), **transposed)
        return tf.cast(narrow, tf.float32)

    # A step is a matrix (batch, features), or (features, batch) for narrow products. A narrow product packs
    # its right side each time, and the state is smaller than the weights.
    by_columns = product_type != tf.float32
    to_steps, from_steps = ((1, 2, 0), (2, 0, 1)) if by_columns else ((1, 0, 2), (1, 0, 2))
    features_axis = 0 if by_columns else 1

    def turned(steps: Any) -> Any:
        """Turn (..., batch, features) into the order of a step, or back."""
        return tf.linalg.matrix_transpose(steps) if by_columns else steps

    def step_product(step: Any, weights: Any) -> Any:
        """Multiply a step by weights that are turned in the same way."""
        return product(weights, step) if by_columns else product(step, weights)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def lstm(inputs: Any, hidden: Any, cell_state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
        """Run an LSTM over a sequence.

        Args:
            inputs: (batch, time, features).
            hidden: the hidden state before, (batch, units).
            cell_state: the cell state before, (batch, units).
            kernel: (features, 4 units), gates in Keras's order: input, forget, candidate, output.
            recurrent_kernel: (units, 4 units).
            bias: (4 units,).

        Returns:
            All hidden states (batch, time, units), and the last hidden and cell states (batch, units).
        """
        batch, steps, _ = keras.ops.shape(inputs)  # numbers if they are known
        units, features = recurrent_kernel.shape[0], kernel.shape[0]
        # Time comes first, so that a step is contiguous.
        rows = tf.reshape(tf.transpose(tf.cast(inputs, product_type), (1, 0, 2)), (-1, features))
        recurrent = tf.cast(turned(recurrent_kernel), product_type)  # once, instead of at every step
        # The product stays narrow, which halves the memory traffic.
        projected = tf.matmul(rows, tf.cast(kernel, product_type))
        projected = tf.nn.bias_add(projected, tf.cast(bias, product_type))
        projected = turned(tf.reshape(projected, (steps, batch, 4 * units)))

        def forward(step: Any, hidden: Any, cell_state: Any, *written: Any) -> Any:
            sums = tf.cast(projected[step], tf.float32) + step_product(hidden, recurrent)
            into, forget, candidate, out = tf.split(sums, 4, axis=features_axis)
            into, forget, out = tf.sigmoid(into), tf.sigmoid(forget), tf.sigmoid(out)
            candidate = tf.tanh(candidate)
            cell_state_before, cell_state = cell_state, forget * cell_state + into * candidate
            bounded = tf.tanh(cell_state)
            hidden = out * bounded
            # Separate arrays: to join them would take longer than to compute them.
            values = (hidden, cell_state_before, into, forget, candidate, out, bounded)
            written = tuple(array.write(step, value) for array, value in zip(written, values, strict=True))
            return step + 1, hidden, cell_state, *written

        empty = [tf.TensorArray(inputs.dtype, steps) for _ in range(7)]
        _, last_hidden, last_cell_state, hiddens, *kept = tf.while_loop(
            lambda step, *_: step < steps,
            forward,
            (0, turned(hidden), turned(cell_state), *empty),
            parallel_iterations=1,
        )
        hiddens = hiddens.stack()

        def gradients(of_outputs: Any, of_last_hidden: Any, of_last_cell_state: Any) -> Any:
            """Return the gradients of the six arguments, given those of the three results."""
            hiddens_before = tf.concat((turned(hidden)[tf.newaxis], hiddens[:-1]), axis=0)
            arriving = tf.transpose(of_outputs, to_steps)
            transposed = tf.transpose(recurrent)

            def backward(step: Any, of_hidden: Any, of_cell_state: Any, of_sums: Any) -> Any:
                cell_state_before, into, forget, candidate, out, bounded = (
                    array.read(step) for array in kept
                )
                of_hidden += arriving[step]
                of_cell_state += of_hidden * out * (1 - bounded * bounded)
                of_sum = tf.concat(
                    (
                        of_cell_state * candidate * into * (1 - into),
                        of_cell_state * cell_state_before * forget * (1 - forget),
                        of_cell_state * into * (1 - candidate * candidate),
                        of_hidden * bounded * out * (1 - out),
                    ),
                    axis=features_axis,
                )
                of_sum = tf.cast(of_sum, product_type)
                of_hidden = step_product(of_sum, transposed)
                return step - 1, of_hidden, of_cell_state * forget, of_sums.write(step, of_sum)

            _, of_first_hidden, of_first_cell_state, of_sums = tf.while_loop(
                lambda step, *_: step >= 0,
                backward,
                (
                    steps - 1,
                    turned(of_last_hidden),
                    turned(of_last_cell_state),
                    tf.TensorArray(product_type, steps),
                ),
                parallel_iterations=1,
            )
            of_rows = tf.reshape(turned(of_sums.stack()), (-1, 4 * units))
            rows_before = tf.reshape(turned(tf.cast(hiddens_before, product_type)), (-1, units))
            ones = tf.ones((1, tf.shape(of_rows)[0]))
            of_inputs = tf.reshape(product(of_rows, kernel, transpose_b=True), (steps, batch, features))
            return (
                tf.transpose(of_inputs, (1, 0, 2)),
                turned(of_first_hidden),
                turned(of_first_cell_state),
                product(rows, of_rows, transpose_a=True),
                product(rows_before, of_rows, transpose_a=True),
                tf.reshape(product(ones, of_rows), (-1,)),  # their sum
            )

        outputs = tf.transpose(hiddens, from_steps)
        return (outputs, turned(last_hidden), turned(last_cell_state)), gradients

    return lstm
