"""Converts small scikit-learn models with skl2onnx, and writes what scikit-learn itself answers.

pip install scikit-learn==1.9.1 skl2onnx==1.21.0 onnx numpy, then: python make_sklearn.py
"""

import numpy
import sklearn
import skl2onnx
from golden_files import FOLDER, write_golden
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FRAMEWORK = f"scikit-learn {sklearn.__version__}"

generator = numpy.random.default_rng(5)
X = (generator.normal(size=(90, 4)) * [1, 5, 0.1, 2] + [0, 10, 3, -1]).astype(numpy.float32)
value = (X[:, 0] + (X[:, 1] - 10) / 5 + numpy.sin(X[:, 3])).astype(numpy.float32)
three = numpy.digitize(value, [-0.8, 0.8])
two = (value > 0).astype(int)
network = {"hidden_layer_sizes": (6, 5), "max_iter": 60, "random_state": 3}
SCALED = (X - X.mean(0)) / X.std(0)

MODELS = {
    "mlp-three-classes": (MLPClassifier(**network), SCALED, three),
    "mlp-two-classes": (MLPClassifier(activation="tanh", **network), SCALED, two),
    "mlp-number": (MLPRegressor(activation="logistic", **network), SCALED, value),
    "pipeline": (make_pipeline(StandardScaler(), MLPClassifier(**network)), X, three),
    "logistic-three-classes": (LogisticRegression(), SCALED, three),
    "logistic-two-classes": (LogisticRegression(), SCALED, two),
    "pipeline-names": (
        make_pipeline(StandardScaler(), LogisticRegression()),
        X,
        numpy.array(["low", "middle", "high"])[three],
    ),
}


def export(name, model, rows, zipmap):
    options = {} if isinstance(model, MLPRegressor) else {"zipmap": zipmap}
    file = skl2onnx.convert_sklearn(
        model,
        name="model",
        initial_types=[("X", FloatTensorType([None, 4]))],
        options={id(model): options},
        target_opset={"": 20, "ai.onnx.ml": 1},
    )
    (FOLDER / f"{name}.onnx").write_bytes(file.SerializeToString())
    if isinstance(model, MLPRegressor):
        outputs = {"variable": model.predict(rows).astype(numpy.float32).reshape(-1, 1)}
    else:
        key = "output_probability" if zipmap else "probabilities"
        outputs = {key: model.predict_proba(rows).astype(numpy.float32)}
    write_golden(name, FRAMEWORK, {"X": rows}, outputs)


for name, (model, rows, target) in MODELS.items():
    model.fit(rows, target)
    export(f"sklearn-{name}", model, rows[:6].astype(numpy.float32), zipmap=False)
    # With zipmap on, the converter's default, a list of maps takes the place of the probabilities.
    if name in ("mlp-three-classes", "logistic-two-classes"):
        export(f"sklearn-{name}-zipmap", model, rows[:6].astype(numpy.float32), zipmap=True)
