"""Exports small Keras models with Model.export(format="onnx"), and writes what Keras itself answers.

With TensorFlow, by tf2onnx:
  pip install keras==3.15.1 tensorflow-cpu==2.21.0 tf2onnx==1.17.0 onnx, then
  KERAS_BACKEND=tensorflow python make_keras.py
With PyTorch, by its exporter:
  pip install keras==3.15.1 torch==2.13.0 onnx onnxscript, then
  KERAS_BACKEND=torch python make_keras.py
"""

import pathlib
import re
import tempfile

import keras
import numpy
import onnx
from golden_files import FOLDER, write_golden
from keras import layers

BACKEND = keras.backend.backend()
FRAMEWORK = f"keras {keras.__version__} on {BACKEND}"


def dense():
    return [
        keras.Input((4,), name="features"),
        layers.Dense(12, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(8, activation="silu"),
        layers.Dense(3, activation="softmax"),
    ]


def convolutional():
    return [
        keras.Input((8, 8, 1), name="image"),
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]


def flattened():
    return [
        keras.Input((8, 8, 2), name="image"),
        layers.Conv2D(3, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]


def export(kind, make):
    keras.utils.set_random_seed(4)
    model = keras.Sequential(make())
    model(numpy.zeros((1, *model.inputs[0].shape[1:]), numpy.float32))
    # As after some training: no bias, no statistic and no scale is that of the start.
    random = numpy.random.default_rng(6)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
    name = f"keras-{BACKEND}-{kind}"
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "model.onnx")
        model.export(path, format="onnx", verbose=False)
        file = onnx.load(path)
    # The exporters write the folders of their own code into the file.
    for thing in [file, file.graph, *file.graph.node, *file.graph.value_info]:
        for entry in thing.metadata_props:
            entry.value = re.sub(r'File "[^"]*/', 'File "', entry.value)
    (FOLDER / f"{name}.onnx").write_bytes(file.SerializeToString())
    fixed = file.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    shape = model.inputs[0].shape[1:]
    rows = numpy.random.default_rng(9).normal(size=(fixed or 5, *shape)).astype(numpy.float32)
    answer = keras.ops.convert_to_numpy(model(rows, training=False))
    (output,) = file.graph.output
    write_golden(name, FRAMEWORK, {file.graph.input[0].name: rows}, {output.name: answer})


export("dense", dense)
export("conv", convolutional)
export("flat", flattened)
