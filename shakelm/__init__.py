"""The language model: corpus, vocabulary, Keras models, decoding and the store of versions."""
