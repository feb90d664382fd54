"""Scrubs what is in Spark: ``leadscrub.spark.scrub(df, request)`` gives clean rows, rejected rows and findings.

Needs the extra ``leadscrub[spark]`` and a Java that Spark runs on, on every machine of the cluster.
"""

from __future__ import annotations

from leadscrub._packages import refuse_strangers

refuse_strangers()

from pipeline.spark.scrub import Scrubbed, scrub  # noqa: E402  # only once it is known whose `pipeline` that is

__all__ = ["Scrubbed", "scrub"]
