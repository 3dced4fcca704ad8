"""What Prometheus is told of the listener.  Labels are closed sets of words, never a title or an address."""

from prometheus_client import Counter, Gauge, Histogram

ASSOCIATIONS = Counter("dicom_associations_total", "Associations by how they ended", ["end"])
OPEN_ASSOCIATIONS = Gauge("dicom_associations_open", "Associations established now")
PENDING_CONNECTIONS = Gauge("dicom_connections_pending", "Connections without association")
REFUSALS = Counter("dicom_associations_refused_total", "Associations and connections refused, by reason", ["reason"])
OVERDUE = Counter("dicom_peers_overdue_total", "Peers dropped because they took too long, by what was late", ["what"])
RECEIVED_BYTES = Counter("dicom_received_bytes_total", "Bytes received on the DICOM port")
INSTANCES = Counter("dicom_instances_total", "C-STORE requests by outcome", ["outcome"])
INSTANCE_BYTES = Counter("dicom_instance_bytes_total", "Bytes of data sets that were stored")
STORE_SECONDS = Histogram(
    "dicom_store_seconds",
    "From the complete command set to the response",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
COMMIT_SECONDS = Histogram(
    "dicom_commit_seconds",
    "From the last byte of a data set to durable",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
ECHOES = Counter("dicom_echoes_total", "C-ECHO requests answered")
