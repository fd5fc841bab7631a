"""The networks: their layers in Keras, the same steps in NumPy, and their sizes."""
