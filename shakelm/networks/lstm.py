"""An LSTM layer with the results of Keras's own that trains faster on a CPU.

Keras's general loop accumulates the gradients of all weights at every time step. Here, the loop contains only
what depends on the previous step: the product with the recurrent kernel. The products with the input, and the
gradients of the weights, are one matrix product each for the whole sequence (as in Appleyard et al., 2016,
arXiv:1604.01946).
"""

from typing import Any

from shakelm.configuration import Precision
from shakelm.networks import backend
from shakelm.networks.backend import keras
from shakelm.networks.backend import tensorflow as tf


class LSTM(keras.layers.LSTM):  # type: ignore[misc]
    """`keras.layers.LSTM` with its weights, options, and results.

    On a GPU, Keras's own layer (cuDNN) runs if there is no weight dropout and the precision is float32. This
    layer does not support masks, dropout of its inputs, or backward reading.
    """

    def __init__(
        self, units: int, *, weight_dropout: float = 0.0, precision: Precision = "float32", **options: Any
    ) -> None:
        """Set the layer's options.

        Args:
            units: width of the layer.
            weight_dropout: share of the recurrent weights that each training step drops, the same ones for
                the whole sequence (Merity et al., 2018, arXiv:1708.02182).
            precision: of the matrix products. Their sums, and everything else, are float32.
            options: as for `keras.layers.LSTM`.
        """
        super().__init__(units, **options)
        self._weight_dropout = weight_dropout
        self._product_type = tf.as_dtype(precision)
        self._as_keras = weight_dropout == 0 and precision == "float32"
        self._seeds = keras.random.SeedGenerator()

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Run the layer on sequences (batch, time, features).

        Returns:
            The last output (batch, units), all outputs (batch, time, units), and the states after them.
        """
        if self._as_keras and backend.has_gpu():
            return super().inner_loop(sequences, initial_state, mask, training)
        recurrent_kernel = tf.convert_to_tensor(self.cell.recurrent_kernel)
        if training and self._weight_dropout:
            recurrent_kernel = keras.random.dropout(recurrent_kernel, self._weight_dropout, seed=self._seeds)
        # The function with a custom gradient gets tensors, because it would treat variables as hidden inputs.
        kernel, bias = tf.convert_to_tensor(self.cell.kernel), tf.convert_to_tensor(self.cell.bias)
        starts = (sequences, *(tf.convert_to_tensor(state) for state in initial_state))
        lstm = _lstm(self._product_type)
        halves = [lstm(*half, kernel, recurrent_kernel, bias) for half in _halves(starts)]
        outputs, hidden, cell_state = (tf.concat(parts, axis=0) for parts in zip(*halves, strict=True))
        return hidden, outputs, [hidden, cell_state]


def _halves(arrays: tuple[Any, ...]) -> Any:
    """Split the rows of all arrays into two halves. The loops of both then run at the same time.

    The operations of a step are too small for several threads each (see `backend.halve_threads`).
    """
    rows = keras.ops.shape(arrays[0])[0]
    sizes = (rows // 2, rows - rows // 2)
    return zip(*(tf.split(array, sizes, num=2) for array in arrays), strict=True)


def _lstm(product_type: Any) -> Any:
    """Return a function that runs an LSTM, with gradients for all of its arguments.

    Args:
        product_type: the type of the numbers in matrix products. Their results are float32.
    """

    def product(left: Any, right: Any, **transposed: bool) -> Any:
        result = tf.matmul(tf.cast(left, product_type), tf.cast(right, product_type), **transposed)
        return tf.cast(result, tf.float32)

    # Inside a loop, a step is a matrix (batch, features), or (features, batch) for products in bfloat16: such
    # a product packs its right operand at each call, and the state is smaller than the weights.
    features_first = product_type != tf.float32
    to_steps, from_steps = ((1, 2, 0), (2, 0, 1)) if features_first else ((1, 0, 2), (1, 0, 2))
    features_axis = 0 if features_first else 1

    def turned(steps: Any) -> Any:
        """Turn (..., batch, features) into the loop's order of axes, or back."""
        return tf.linalg.matrix_transpose(steps) if features_first else steps

    def step_product(step: Any, weights: Any) -> Any:
        """Multiply a step by weights, both in the loop's order of axes."""
        return product(weights, step) if features_first else product(step, weights)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def lstm(inputs: Any, hidden: Any, cell_state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
        """Run an LSTM on sequences.

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
        batch, steps, _ = keras.ops.shape(inputs)  # numbers, where they are known
        units, features = recurrent_kernel.shape[0], kernel.shape[0]
        # Time is the first axis, so that a step is contiguous in memory.
        rows = tf.reshape(tf.transpose(tf.cast(inputs, product_type), (1, 0, 2)), (-1, features))
        recurrent = tf.cast(turned(recurrent_kernel), product_type)  # once, not at every step
        # This array keeps the type of the product. In bfloat16, that halves the memory to read and write.
        projected = tf.matmul(rows, tf.cast(kernel, product_type))
        projected = tf.nn.bias_add(projected, tf.cast(bias, product_type))
        projected = turned(tf.reshape(projected, (steps, batch, 4 * units)))

        def forward(step: Any, hidden: Any, cell_state: Any, *written: Any) -> Any:
            sums = tf.cast(projected[step], tf.float32) + step_product(hidden, recurrent)
            input_gate, forget_gate, candidate, output_gate = tf.split(sums, 4, axis=features_axis)
            input_gate, forget_gate = tf.sigmoid(input_gate), tf.sigmoid(forget_gate)
            output_gate, candidate = tf.sigmoid(output_gate), tf.tanh(candidate)
            cell_state_before, cell_state = cell_state, forget_gate * cell_state + input_gate * candidate
            bounded = tf.tanh(cell_state)
            hidden = output_gate * bounded
            # Seven arrays, because joining the values in one would take longer than computing them.
            values = (hidden, cell_state_before, input_gate, forget_gate, candidate, output_gate, bounded)
            written = tuple(array.write(step, value) for array, value in zip(written, values, strict=True))
            return step + 1, hidden, cell_state, *written

        empty = [tf.TensorArray(inputs.dtype, steps) for _ in range(7)]
        _, last_hidden, last_cell_state, hiddens, *saved = tf.while_loop(
            lambda step, *_: step < steps,
            forward,
            (0, turned(hidden), turned(cell_state), *empty),
            parallel_iterations=1,
        )
        hiddens = hiddens.stack()

        def gradients(d_outputs: Any, d_last_hidden: Any, d_last_cell_state: Any) -> Any:
            """Return the gradients of the six arguments, from those of the three results.

            `d_NAME` is the gradient of the loss with respect to NAME.
            """
            hiddens_before = tf.concat((turned(hidden)[tf.newaxis], hiddens[:-1]), axis=0)
            d_hiddens = tf.transpose(d_outputs, to_steps)
            transposed = tf.transpose(recurrent)

            def backward(step: Any, d_hidden: Any, d_cell_state: Any, d_sums: Any) -> Any:
                cell_state_before, input_gate, forget_gate, candidate, output_gate, bounded = (
                    array.read(step) for array in saved
                )
                d_hidden += d_hiddens[step]
                d_cell_state += d_hidden * output_gate * (1 - bounded * bounded)
                d_sum = tf.concat(
                    (
                        d_cell_state * candidate * input_gate * (1 - input_gate),
                        d_cell_state * cell_state_before * forget_gate * (1 - forget_gate),
                        d_cell_state * input_gate * (1 - candidate * candidate),
                        d_hidden * bounded * output_gate * (1 - output_gate),
                    ),
                    axis=features_axis,
                )
                d_sum = tf.cast(d_sum, product_type)
                d_hidden = step_product(d_sum, transposed)
                return step - 1, d_hidden, d_cell_state * forget_gate, d_sums.write(step, d_sum)

            _, d_first_hidden, d_first_cell_state, d_sums = tf.while_loop(
                lambda step, *_: step >= 0,
                backward,
                (
                    steps - 1,
                    turned(d_last_hidden),
                    turned(d_last_cell_state),
                    tf.TensorArray(product_type, steps),
                ),
                parallel_iterations=1,
            )
            d_rows = tf.reshape(turned(d_sums.stack()), (-1, 4 * units))
            rows_before = tf.reshape(turned(tf.cast(hiddens_before, product_type)), (-1, units))
            ones = tf.ones((1, tf.shape(d_rows)[0]))
            d_inputs = tf.reshape(product(d_rows, kernel, transpose_b=True), (steps, batch, features))
            return (
                tf.transpose(d_inputs, (1, 0, 2)),
                turned(d_first_hidden),
                turned(d_first_cell_state),
                product(rows, d_rows, transpose_a=True),
                product(rows_before, d_rows, transpose_a=True),
                tf.reshape(product(ones, d_rows), (-1,)),  # the sum over the rows
            )

        outputs = tf.transpose(hiddens, from_steps)
        return (outputs, turned(last_hidden), turned(last_cell_state)), gradients

    return lstm
