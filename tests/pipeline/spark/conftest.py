"""One Spark for the tests of the package, on this machine, with Java from JAVA_HOME or the path."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

#: Java lives for a minute: it compiles little, and takes Spark's thousands of classes unchecked.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session with two task slots, in which a task is tried up to four times."""
    pytest.importorskip("pyspark", reason="the extra leadscrub[spark] is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        assert os.environ.get("LEADSCRUB_JAVA") != "required", "there is no Java on this machine"
        pytest.skip("there is no Java on this machine")
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        warnings.simplefilter("ignore")  # of Spark's own start
        session = (
            SparkSession.builder.master("local[2,4]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "3")
            .config("spark.executorEnv.POLARS_MAX_THREADS", "1")
            .config("spark.python.daemon.module", "tests.pipeline.spark.daemon")
            # A few hundred rows: to compile each query takes longer than to interpret it.
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .config("spark.driver.extraJavaOptions", _JAVA)
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()
