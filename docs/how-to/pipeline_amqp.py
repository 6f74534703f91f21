#!/usr/bin/env python3
"""Have an object archived, by AMQP alone: pipeline_amqp.py AMQP_URL s3://BUCKET/KEY NAME."""

import json
import sys
import uuid

import pika

broker, source, name = sys.argv[1:]
channel = pika.BlockingConnection(pika.URLParameters(broker)).channel()
channel.confirm_delivery()
channel.queue_declare("my-pipeline", durable=True, arguments={"x-queue-type": "quorum"})
channel.queue_bind("my-pipeline", "muniment.facts", "file.*.v1")

request = str(uuid.uuid4())
event = {
    "specversion": "1.0",
    "id": request,
    "source": "/my-pipeline",
    "type": "muniment.file.ingest_requested.v1",
    "data": {"name": name, "source": source},
}
structured = pika.BasicProperties("application/cloudevents+json", delivery_mode=2)
message = json.dumps(event).encode()
channel.basic_publish("muniment.requests", "file.ingest_requested.v1", message, structured)

for method, properties, body in channel.consume("my-pipeline"):
    channel.basic_ack(method.delivery_tag)
    if properties.headers["cloudEvents:correlationid"] == request:
        sys.stdout.write(f"{properties.type} {body.decode()}\n")
        break
channel.connection.close()
