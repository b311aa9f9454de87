"""CloudWatch's API as boto3 speaks it, and Prometheus's own parser.

The installed botocore may know CloudWatch only by its old protocol. The newer one,
of JSON, has the same operations: so the client gets a copy of botocore's own model
that says so.
"""

import copy
import datetime
import json

import botocore.session
from botocore.config import Config
from prometheus_client.parser import text_string_to_metric_families

NAMESPACE = "AWS/DynamoDB"


def cloudwatch(server, directory, key="AK", secret="SECRET"):
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    model = copy.deepcopy(loader.load_service_model("cloudwatch", "service-2"))
    model["metadata"].update(
        protocol="json", jsonVersion="1.0", targetPrefix="GraniteServiceVersion20100801"
    )
    path = directory / "models" / "cloudwatch" / "2010-08-01"
    path.mkdir(parents=True, exist_ok=True)
    (path / "service-2.json").write_text(json.dumps(model))
    fresh = botocore.session.Session()
    fresh.get_component("data_loader").search_paths.insert(0, str(directory / "models"))
    return fresh.create_client(
        "cloudwatch", endpoint_url=server.url, region_name="us-east-1",
        aws_access_key_id=key, aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}),
    )  # fmt: skip


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def statistics(watch, metric, *statistics, since=None, until=None, period=7200, **dimensions):
    """The datapoints of the last hour as one, unless told otherwise."""
    return watch.get_metric_statistics(
        Namespace=NAMESPACE, MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=since or now() - datetime.timedelta(hours=1),
        EndTime=until or now() + datetime.timedelta(minutes=1),
        Period=period, Statistics=list(statistics) or ["Sum"],
    )["Datapoints"]  # fmt: skip


def total(watch, metric, statistic="Sum", **dimensions):
    points = statistics(watch, metric, statistic, **dimensions)
    assert len(points) <= 1
    return points[0][statistic] if points else 0


def samples(text):
    """{(name, labels): value} of what Prometheus reads in a text."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        assert family.type in ("counter", "gauge", "histogram"), family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


def sample(text, name, **labels):
    return samples(text).get((f"dynamodb_{name}", tuple(sorted(labels.items()))), 0)
